/**
 * Activations of a corpus on disk: streamed there while the model runs, read back by slices. A
 * store is a folder of safetensors files with an index in JSON, which Python reads as it is.
 */
@NullMarked
package io.loupe.probes.store;

import org.jspecify.annotations.NullMarked;
