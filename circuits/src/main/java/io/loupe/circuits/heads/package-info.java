/** A number for each head of a model, and how far two such maps agree. */
@NullMarked
package io.loupe.circuits.heads;

import org.jspecify.annotations.NullMarked;
