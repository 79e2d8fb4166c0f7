/**
 * Attention reduced while it is computed: statistics of rows, keys and heads, and edits, in memory
 * that grows with the text's length and not with its square.
 */
@NullMarked
package io.loupe.workbench.capture;

import org.jspecify.annotations.NullMarked;
