/** How much each edge matters: exactly, and estimated from gradients. */
@NullMarked
package io.loupe.circuits.score;

import org.jspecify.annotations.NullMarked;
