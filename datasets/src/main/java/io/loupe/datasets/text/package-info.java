/** Datasets of sentences and longer texts. */
@NullMarked
package io.loupe.datasets.text;

import org.jspecify.annotations.NullMarked;
