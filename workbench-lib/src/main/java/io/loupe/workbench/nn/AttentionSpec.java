package io.loupe.workbench.nn;

import java.util.OptionalDouble;

/**
 * The attention of one layer.
 *
 * @param mask which keys a query sees
 * @param positions how positions enter the scores
 * @param scale what scores are multiplied with, usually 1 / sqrt(dHead)
 * @param softCap bounds scores to (-cap, cap) by cap * tanh(score / cap), before the mask (Gemma 2)
 * @param queryKeyNorm whether queries and keys are normalised before they meet
 */
public record AttentionSpec(
    MaskSpec mask,
    PositionSpec positions,
    double scale,
    OptionalDouble softCap,
    QueryKeyNorm queryKeyNorm) {

  /**
   * Whether queries and keys are normalised (Henry et al. 2020), in the kind of the model's norm.
   */
  public enum QueryKeyNorm {
    /** They are not. */
    NONE,
    /** Each head by itself, with one weight [d_head] for all heads (Qwen 3, Gemma 3). */
    EACH_HEAD,
    /** All heads of a token together, with a weight [heads * d_head] (OLMo 2). */
    ALL_HEADS
  }

  /** Returns causal attention with this position term, scaled by 1 / sqrt(dHead). */
  public static AttentionSpec causal(PositionSpec positions, int dHead) {
    return new AttentionSpec(
        MaskSpec.CAUSAL,
        positions,
        1 / Math.sqrt(dHead),
        OptionalDouble.empty(),
        QueryKeyNorm.NONE);
  }

  /** Returns this with another mask. */
  public AttentionSpec with(MaskSpec other) {
    return new AttentionSpec(other, positions, scale, softCap, queryKeyNorm);
  }

  /** Returns this with another position term. */
  public AttentionSpec with(PositionSpec other) {
    return new AttentionSpec(mask, other, scale, softCap, queryKeyNorm);
  }

  /** Returns this with another scale. */
  public AttentionSpec scaledBy(double other) {
    return new AttentionSpec(mask, positions, other, softCap, queryKeyNorm);
  }

  /** Returns this with capped scores; empty for none. */
  public AttentionSpec cappedAt(OptionalDouble cap) {
    return new AttentionSpec(mask, positions, scale, cap, queryKeyNorm);
  }

  /** Returns this with normalised queries and keys. */
  public AttentionSpec with(QueryKeyNorm norm) {
    return new AttentionSpec(mask, positions, scale, softCap, norm);
  }
}
