/** Edits of a forward pass, as data, and the receipts that say what they did. */
@NullMarked
package io.loupe.workbench.intervention;

import org.jspecify.annotations.NullMarked;
