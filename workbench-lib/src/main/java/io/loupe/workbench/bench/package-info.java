/**
 * Benchmarks: every claim about speed or size that the project makes is one, run by {@code loupe
 * bench NAME}.
 */
@NullMarked
package io.loupe.workbench.bench;

import org.jspecify.annotations.NullMarked;
