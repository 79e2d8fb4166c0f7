package io.loupe.workbench.nn;

import org.jspecify.annotations.Nullable;

/**
 * What every layer of one forward pass shares.
 *
 * @param inputs the tokens, and what follows from them
 * @param cache what earlier passes left; null if this pass computes all columns and leaves nothing
 * @param hooks who listens
 */
record Pass(Inputs inputs, @Nullable KeyValueCache cache, Hooks hooks) {}
