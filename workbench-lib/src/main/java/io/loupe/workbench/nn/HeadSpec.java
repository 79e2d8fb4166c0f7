package io.loupe.workbench.nn;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the residual stream becomes logits.
 *
 * @param transform the non-linearity of a dense layer before the norm (BERT's masked-LM head);
 *     empty for none
 * @param normed whether a final norm stands before the unembedding
 * @param softCap bounds logits to (-cap, cap) by cap * tanh(logit / cap) (Gemma 2)
 */
public record HeadSpec(Optional<Activation> transform, boolean normed, OptionalDouble softCap) {
  /** A final norm and the unembedding. */
  public static final HeadSpec NORMED =
      new HeadSpec(Optional.empty(), true, OptionalDouble.empty());

  /** The unembedding alone. */
  public static final HeadSpec PLAIN =
      new HeadSpec(Optional.empty(), false, OptionalDouble.empty());

  /** Returns this with capped logits; empty for none. */
  public HeadSpec cappedAt(OptionalDouble cap) {
    return new HeadSpec(transform, normed, cap);
  }
}
