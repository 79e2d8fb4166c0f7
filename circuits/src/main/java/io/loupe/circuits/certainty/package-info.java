/** How sure a circuit is: tests with corrected p-values, stability, and baselines of chance. */
@NullMarked
package io.loupe.circuits.certainty;

import org.jspecify.annotations.NullMarked;
