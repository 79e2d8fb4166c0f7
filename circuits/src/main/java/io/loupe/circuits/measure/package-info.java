/**
 * How good a circuit is: faithfulness and its curve, completeness, and what the numbers hang on.
 */
@NullMarked
package io.loupe.circuits.measure;

import org.jspecify.annotations.NullMarked;
