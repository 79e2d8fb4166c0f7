/** A model with hooks, and what a run of it gives. */
@NullMarked
package io.loupe.workbench.model;

import org.jspecify.annotations.NullMarked;
