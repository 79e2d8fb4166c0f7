package io.loupe.workbench.nn;

import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.nn.Gauge.Step;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Decides which steps of folding leave what a model computes as it is. */
final class FoldingPlan {
  private final ModelConfig config;
  private final Weights weights;

  private FoldingPlan(ModelConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
  }

  static Gauge of(ModelConfig config, Weights weights) {
    FoldingPlan plan = new FoldingPlan(config, weights);
    Set<Step> done = EnumSet.noneOf(Step.class);
    Map<Step, String> left = new EnumMap<>(Step.class);
    for (Step step : Step.values()) {
      String reason = plan.reasonAgainst(step);
      if (reason.isEmpty()) {
        done.add(step);
      } else {
        left.put(step, reason);
      }
    }
    return new Gauge(Gauge.Kind.FOLDED, done, left);
  }

  /** Returns why the step cannot be done; empty if it can. */
  private String reasonAgainst(Step step) {
    return switch (step) {
      case NORMS_INTO_READERS -> againstNorms();
      case FINAL_NORM_INTO_UNEMBEDDING -> againstFinalNorm();
      case VALUE_BIASES_INTO_OUTPUT -> againstValueBiases();
      case EMBEDDINGS_CENTRED ->
          config.embedding().normed() ? "a norm stands behind the embeddings" : againstCentring();
      case OUTPUTS_CENTRED ->
          config.block().norms() == Norms.AROUND
              ? "a norm stands behind attention and MLP"
              : againstCentring();
      case UNEMBEDDING_CENTRED ->
          config.head().softCap().isPresent()
              ? "the logits are capped: moving them all by a number would change probabilities"
              : "";
    };
  }

  private String againstNorms() {
    Norms norms = config.block().norms();
    if (!norms.readsNormalised()) {
      return "no norm stands before attention and MLP";
    }
    if (norms == Norms.ON_STREAM_BEFORE) {
      return "what the norms give is read by the residual stream too";
    }
    boolean any = anyLayer(".ln1.w") || anyLayer(".ln1.b") || anyLayer(".ln2.w");
    return any ? "" : "the norms have no weights";
  }

  private String againstFinalNorm() {
    if (!config.head().normed()) {
      return "there is no final norm";
    }
    return has("ln_final.w") || has("ln_final.b") ? "" : "the final norm has no weights";
  }

  private String againstValueBiases() {
    if (!config.weightsSumToOne()) {
      return "the weights of the attention do not sum to one";
    }
    boolean fromNorm = againstNorms().isEmpty() && anyLayer(".ln1.b");
    return fromNorm || anyLayer(".attn.b_V") ? "" : "values have no biases";
  }

  /** A mean added to the whole stream is lost on a layer norm, and on nothing else. */
  private String againstCentring() {
    if (config.norm().kind() != NormSpec.Kind.LAYER_NORM) {
      return "a root-mean-square norm sees the mean of the residual stream";
    }
    if (!config.block().norms().streamIsSum()) {
      return "the residual stream itself is normalised";
    }
    if (!config.block().norms().readsNormalised()) {
      return "attention and MLP read the residual stream without a norm";
    }
    if (!config.head().normed() || config.head().transform().isPresent()) {
      return "the head reads the residual stream without a norm";
    }
    return "";
  }

  private boolean anyLayer(String name) {
    return IntStream.range(0, config.layers()).anyMatch(layer -> has("blocks." + layer + name));
  }

  private boolean has(String name) {
    return weights.names().contains(name);
  }
}
