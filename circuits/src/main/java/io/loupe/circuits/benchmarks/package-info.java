/** The circuits' own speed claims. */
@NullMarked
package io.loupe.circuits.benchmarks;

import org.jspecify.annotations.NullMarked;
