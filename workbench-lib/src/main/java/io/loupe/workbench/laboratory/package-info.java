/**
 * The laboratory: trains small models on the same modules that carry the hooks, keeps checkpoints
 * on the way, and looks at them as one object.
 */
@NullMarked
package io.loupe.workbench.laboratory;

import org.jspecify.annotations.NullMarked;
