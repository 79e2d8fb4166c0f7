/**
 * What heads' weights say without any text: their OV and QK circuits, what they write of which
 * token, and how they compose.
 */
@NullMarked
package io.loupe.circuits.weights;

import org.jspecify.annotations.NullMarked;
