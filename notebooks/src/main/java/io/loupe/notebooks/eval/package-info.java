/**
 * Runs the cells of a notebook, one after the other, in this JVM: shared by the Jupyter kernel and
 * by the runner of reports.
 */
@NullMarked
package io.loupe.notebooks.eval;

import org.jspecify.annotations.NullMarked;
