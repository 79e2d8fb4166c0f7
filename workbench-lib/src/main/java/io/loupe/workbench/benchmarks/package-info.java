/** The workbench's own speed and memory claims, measured by {@code loupe bench}. */
@NullMarked
package io.loupe.workbench.benchmarks;

import org.jspecify.annotations.NullMarked;
