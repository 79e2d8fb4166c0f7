/** How a value shows itself in a notebook or a report: a bundle of representations by MIME type. */
@NullMarked
package io.loupe.workbench.display;

import org.jspecify.annotations.NullMarked;
