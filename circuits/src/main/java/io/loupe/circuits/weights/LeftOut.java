package io.loupe.circuits.weights;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.AttentionSpec.QueryKeyNorm;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.RotaryScaling;
import io.loupe.workbench.site.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What of a model is not bilinear and so not in a circuit's matrix, in words. */
final class LeftOut {
  private final HookedTransformer model;

  LeftOut(HookedTransformer model) {
    this.model = model;
  }

  /** Of an OV circuit. */
  List<String> ofOv() {
    List<String> notes = new ArrayList<>(ofStream());
    if (valuesHaveBiases()) {
      notes.add("the biases of values");
    }
    if (model.config().block().norms().hasBehind()
        && model.config().block().norms().streamIsSum()) {
      notes.add("the scale of the norm behind the attention; its weight is in");
    }
    return notes;
  }

  private boolean valuesHaveBiases() {
    return model.weights().names().contains("blocks.0.attn.b_V")
        && !model.gauge().done().contains(Gauge.Step.VALUE_BIASES_INTO_OUTPUT);
  }

  /** Of a QK circuit. */
  List<String> ofQk(Head head) {
    List<String> notes = new ArrayList<>(ofStream());
    AttentionSpec spec = model.config().attention().get(head.layer());
    String at = "blocks." + head.layer() + ".attn.b_";
    if (model.weights().names().contains(at + "Q") || model.weights().names().contains(at + "K")) {
      notes.add("the biases of queries and keys");
    }
    if (spec.queryKeyNorm() != QueryKeyNorm.NONE) {
      notes.add("the scales of the norms of queries and keys; their weights are in");
    }
    if (spec.softCap().isPresent()) {
      notes.add("the soft cap of the scores");
    }
    if (spec.positions() instanceof PositionSpec.Alibi) {
      notes.add("ALiBi's term");
    }
    if (spec.positions() instanceof PositionSpec.Rotary rotary
        && (rotary.scaling() instanceof RotaryScaling.Dynamic
            || rotary.scaling() instanceof RotaryScaling.LongRope)) {
      notes.add("the other angles of texts longer than the original context");
    }
    return notes;
  }

  private List<String> ofStream() {
    if (!model.config().block().norms().streamIsSum()) {
      return List.of("the norms on the residual stream itself");
    }
    if (!model.config().block().norms().readsNormalised()) {
      return List.of();
    }
    return List.of(
        model.gauge().isFolded()
            ? "the scale of the norm that the head reads through"
            : "the norm that the head reads through (folded weights have its linear part)");
  }

  /** Of what lies between a head's output and the logits. */
  Optional<String> ofFinalNorm() {
    if (!model.config().head().normed()) {
      return Optional.empty();
    }
    return Optional.of(model.gauge().isFolded() ? "the scale of the final norm" : "the final norm");
  }
}
