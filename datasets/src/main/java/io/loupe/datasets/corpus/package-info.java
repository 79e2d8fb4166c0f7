/** Datasets as values: items with their licence, source, groups and splits. */
@NullMarked
package io.loupe.datasets.corpus;

import org.jspecify.annotations.NullMarked;
