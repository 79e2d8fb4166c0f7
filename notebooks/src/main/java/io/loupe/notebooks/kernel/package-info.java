/**
 * The Jupyter kernel: connects the evaluator of cells with a front end, by the Jupyter messaging
 * protocol 5.3.
 */
@NullMarked
package io.loupe.notebooks.kernel;

import org.jspecify.annotations.NullMarked;
