/**
 * Reads and writes safetensors files: memory-mapped and bounds-checked. The format is described at
 * <a href="https://github.com/huggingface/safetensors">huggingface/safetensors</a>.
 */
@NullMarked
package io.loupe.workbench.safetensors;

import org.jspecify.annotations.NullMarked;
