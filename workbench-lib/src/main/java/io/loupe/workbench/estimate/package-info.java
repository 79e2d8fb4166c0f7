/** Effects of patches estimated from gradients, beside the exact effects of some of them. */
@NullMarked
package io.loupe.workbench.estimate;

import org.jspecify.annotations.NullMarked;
