/** The command line {@code loupe}, the notebook runner and the Jupyter kernel. */
@NullMarked
package io.loupe.notebooks;

import org.jspecify.annotations.NullMarked;
