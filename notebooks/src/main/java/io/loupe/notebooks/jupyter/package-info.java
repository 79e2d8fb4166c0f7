/**
 * The commands {@code loupe jupyter}: they make the kernel known to Jupyter, and say what lacks.
 */
@NullMarked
package io.loupe.notebooks.jupyter;

import org.jspecify.annotations.NullMarked;
