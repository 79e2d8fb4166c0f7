package io.loupe.workbench.nn;

import org.jspecify.annotations.Nullable;

/**
 * What every layer of one forward pass shares.
 *
 * @param inputs the tokens, and what follows from them
 * @param past what stands before the computed columns; null if the pass computes all columns and
 *     leaves nothing
 * @param hooks who listens
 */
record Pass(Inputs inputs, @Nullable Past past, Hooks hooks) {}
