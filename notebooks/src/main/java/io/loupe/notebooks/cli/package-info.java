/** The command line {@code loupe}. */
@NullMarked
package io.loupe.notebooks.cli;

import org.jspecify.annotations.NullMarked;
