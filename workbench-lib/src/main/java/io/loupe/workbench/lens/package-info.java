/** What the residual stream says about the output: logit lens and direct logit attribution. */
@NullMarked
package io.loupe.workbench.lens;

import org.jspecify.annotations.NullMarked;
