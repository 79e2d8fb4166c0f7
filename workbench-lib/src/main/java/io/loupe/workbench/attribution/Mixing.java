package io.loupe.workbench.attribution;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/** Methods that say how positions mix, and know nothing of the metric. */
final class Mixing {
  private Mixing() {}

  /** The last position's row of a rollout or flow of attention. */
  record Attention(HeadMix mix, boolean flow) implements InputAttribution {
    @Override
    public String name() {
      return "attention %s (%s, residual 0.5)".formatted(flow ? "max-flow" : "rollout", mix);
    }

    @Override
    public boolean signed() {
      return false;
    }

    @Override
    public TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric) {
      var heads = mix.heads(model.config());
      double[] values = TokenAttribution.metric(model, tokens, metric);
      List<AttentionMaps> maps = AttentionMaps.ofAttention(model, tokens, heads, mix.toString());
      return scores(this, model, tokens, values, maps, flow);
    }
  }

  /** The last position's row of rolled-out value zeroing. */
  record Zeroing() implements InputAttribution {
    @Override
    public String name() {
      return "value zeroing";
    }

    @Override
    public boolean signed() {
      return false;
    }

    @Override
    public TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric) {
      double[] values = TokenAttribution.metric(model, tokens, metric);
      if (tokens.batch() > 1 && !model.interventions().isEmpty()) {
        throw new IllegalArgumentException(
            "Value zeroing goes prompt by prompt, and interventions may be made for a whole batch: call it for each, Tokens.of(tokens.row(i))");
      }
      List<AttentionMaps> maps = new ArrayList<>();
      for (int row = 0; row < tokens.batch(); row++) {
        maps.add(ValueZeroing.of(model, Tokens.of(tokens.row(row))));
      }
      return scores(this, model, tokens, values, maps, false);
    }
  }

  private static TokenAttribution scores(
      InputAttribution method,
      HookedTransformer model,
      Tokens tokens,
      double[] values,
      List<AttentionMaps> maps,
      boolean flow) {
    double[][] scores = new double[maps.size()][];
    for (int row = 0; row < scores.length; row++) {
      int last = tokens.length(row) - 1;
      scores[row] = flow ? maps.get(row).flow(last) : maps.get(row).rollout()[last];
    }
    return new TokenAttribution(method, model, tokens, scores, values);
  }
}
