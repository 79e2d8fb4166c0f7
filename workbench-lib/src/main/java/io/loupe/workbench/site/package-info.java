/** Names: where in a forward pass something is read or edited, and which part of it. */
@NullMarked
package io.loupe.workbench.site;

import org.jspecify.annotations.NullMarked;
