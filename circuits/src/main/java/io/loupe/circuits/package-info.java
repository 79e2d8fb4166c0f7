/** Head taxonomy, weight-space circuits, edge attribution and circuit search. */
@NullMarked
package io.loupe.circuits;

import org.jspecify.annotations.NullMarked;
