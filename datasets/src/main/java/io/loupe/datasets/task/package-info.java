/**
 * What a task is: it makes aligned clean and corrupted inputs, each in one split, counted exactly.
 * Uses {@code io.loupe.datasets} alone.
 */
@NullMarked
package io.loupe.datasets.task;

import org.jspecify.annotations.NullMarked;
