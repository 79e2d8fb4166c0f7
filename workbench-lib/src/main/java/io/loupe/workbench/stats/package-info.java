/** How sure a number is. */
@NullMarked
package io.loupe.workbench.stats;

import org.jspecify.annotations.NullMarked;
