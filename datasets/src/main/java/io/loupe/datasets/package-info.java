/** Prompts with named spans, and the small trained models that are shipped with the project. */
@NullMarked
package io.loupe.datasets;

import org.jspecify.annotations.NullMarked;
