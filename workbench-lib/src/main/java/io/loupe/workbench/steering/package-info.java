/** Directions that change what a model does, and head weights that do. */
@NullMarked
package io.loupe.workbench.steering;

import org.jspecify.annotations.NullMarked;
