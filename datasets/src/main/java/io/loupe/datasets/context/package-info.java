/**
 * Tasks of long contexts: something is to be found among much else. Uses {@code
 * io.loupe.datasets.task} and {@code io.loupe.datasets.words}.
 */
@NullMarked
package io.loupe.datasets.context;

import org.jspecify.annotations.NullMarked;
