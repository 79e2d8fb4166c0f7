/** Which part of a model speaks to which: path patching, exact and linear. */
@NullMarked
package io.loupe.workbench.path;

import org.jspecify.annotations.NullMarked;
