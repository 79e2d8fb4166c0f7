/** The probes' own speed claims. */
@NullMarked
package io.loupe.probes.benchmarks;

import org.jspecify.annotations.NullMarked;
