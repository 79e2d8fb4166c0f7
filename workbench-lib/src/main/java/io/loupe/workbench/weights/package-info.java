/** The weights of a model as one view, whatever format they are stored in, sharded or not. */
@NullMarked
package io.loupe.workbench.weights;

import org.jspecify.annotations.NullMarked;
