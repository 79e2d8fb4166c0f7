/**
 * Gradient descent on named parameters: batches, learning rates and optimisers, with the loss curve
 * as the result. It knows of no model; what is trained is an {@link
 * io.loupe.workbench.train.Objective}.
 */
@NullMarked
package io.loupe.workbench.train;

import org.jspecify.annotations.NullMarked;
