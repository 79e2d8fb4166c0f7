/**
 * Which tokens of the input told the model: gradients, removal and attention, behind one interface,
 * and the ways to doubt them.
 */
@NullMarked
package io.loupe.workbench.attribution;

import org.jspecify.annotations.NullMarked;
