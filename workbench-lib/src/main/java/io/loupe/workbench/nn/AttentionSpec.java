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
 * @param scoreMap how scores become the weights of the values
 */
public record AttentionSpec(
    MaskSpec mask,
    PositionSpec positions,
    double scale,
    OptionalDouble softCap,
    QueryKeyNorm queryKeyNorm,
    ScoreMap scoreMap) {

  /** How the scores of a query become the weights with which it mixes values. */
  public enum ScoreMap {
    /** Probabilities (Vaswani et al. 2017). */
    SOFTMAX,
    /**
     * The scores themselves, and 0 where a key is hidden: linear attention without a feature map or
     * a denominator (Katharopoulos et al. 2020; Schlag et al. 2021), which is also a recurrence
     * over sums of keys times values. Weights may be negative, and do not sum to one.
     */
    IDENTITY
  }

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

  /** Attention by softmax. */
  public AttentionSpec(
      MaskSpec mask,
      PositionSpec positions,
      double scale,
      OptionalDouble softCap,
      QueryKeyNorm queryKeyNorm) {
    this(mask, positions, scale, softCap, queryKeyNorm, ScoreMap.SOFTMAX);
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
    return new AttentionSpec(other, positions, scale, softCap, queryKeyNorm, scoreMap);
  }

  /** Returns this with another position term. */
  public AttentionSpec with(PositionSpec other) {
    return new AttentionSpec(mask, other, scale, softCap, queryKeyNorm, scoreMap);
  }

  /** Returns this with another scale. */
  public AttentionSpec scaledBy(double other) {
    return new AttentionSpec(mask, positions, other, softCap, queryKeyNorm, scoreMap);
  }

  /** Returns this with capped scores; empty for none. */
  public AttentionSpec cappedAt(OptionalDouble cap) {
    return new AttentionSpec(mask, positions, scale, cap, queryKeyNorm, scoreMap);
  }

  /** Returns this with normalised queries and keys. */
  public AttentionSpec with(QueryKeyNorm norm) {
    return new AttentionSpec(mask, positions, scale, softCap, norm, scoreMap);
  }

  /** Returns this with another map from scores to weights. */
  public AttentionSpec with(ScoreMap map) {
    return new AttentionSpec(mask, positions, scale, softCap, queryKeyNorm, map);
  }
}
