/** The forward pass: the parts of a transformer, each step of it passing through a hook point. */
@NullMarked
package io.loupe.workbench.nn;

import org.jspecify.annotations.NullMarked;
