/**
 * Tasks of token ids or vectors, for small models that are trained on them. Uses {@code
 * io.loupe.datasets.task}.
 */
@NullMarked
package io.loupe.datasets.algorithm;

import org.jspecify.annotations.NullMarked;
