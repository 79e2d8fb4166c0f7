/**
 * Tasks of a sentence or two: names, numbers, grammar, facts. Uses {@code io.loupe.datasets.task}
 * and {@code io.loupe.datasets.words}.
 */
@NullMarked
package io.loupe.datasets.language;

import org.jspecify.annotations.NullMarked;
