/**
 * All tasks by name. Uses {@code io.loupe.datasets.task}, {@code language}, {@code context} and
 * {@code algorithm}.
 */
@NullMarked
package io.loupe.datasets.tasks;

import org.jspecify.annotations.NullMarked;
