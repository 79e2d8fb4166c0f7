/** Comparison of a model with numbers that another implementation computed. */
@NullMarked
package io.loupe.workbench.parity;

import org.jspecify.annotations.NullMarked;
