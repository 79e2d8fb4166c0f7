/** Searches that run circuits: edges are removed as long as the model's behaviour stays. */
@NullMarked
package io.loupe.circuits.search;

import org.jspecify.annotations.NullMarked;
