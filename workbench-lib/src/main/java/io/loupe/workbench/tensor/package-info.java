/** The engine underneath: where tensors live, how long, and how they become Java arrays. */
@NullMarked
package io.loupe.workbench.tensor;

import org.jspecify.annotations.NullMarked;
