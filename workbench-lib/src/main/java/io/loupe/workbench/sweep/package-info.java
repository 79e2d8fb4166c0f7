/** The same question asked of many places at once, with baselines and controls. */
@NullMarked
package io.loupe.workbench.sweep;

import org.jspecify.annotations.NullMarked;
