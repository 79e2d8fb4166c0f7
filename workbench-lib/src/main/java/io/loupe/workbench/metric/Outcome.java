package io.loupe.workbench.metric;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.text.Tokens;

/** What a metric reads: the logits of a run and the tokens it was run on. */
public interface Outcome {
  /** Returns the logits, [batch, pos, vocab]. */
  NDArray logits();

  /** Returns the tokens, [batch, pos]. */
  Tokens tokens();
}
