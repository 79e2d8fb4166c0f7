package io.loupe.circuits.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;

/**
 * How fast a metric changes as one input alone reads a stream that is moved along a direction, by
 * central differences and the public hooks: one run to see what the input makes of the moved
 * stream, one that goes on with it.
 */
public final class NaiveGradient {
  private static final double STEP = 1e-4;

  private NaiveGradient() {}

  /**
   * Returns the rate of change on each example.
   *
   * @param model in the state in which the gradient is taken, with its interventions
   * @param direction [batch, pos, d_model]
   */
  public static double[] along(
      HookedTransformer model, Tokens tokens, Metric metric, Input input, NDArray direction) {
    double[] up = moved(model, tokens, metric, input, direction.mul(STEP));
    double[] down = moved(model, tokens, metric, input, direction.mul(-STEP));
    double[] rate = new double[up.length];
    for (int row = 0; row < rate.length; row++) {
      rate[row] = (up[row] - down[row]) / (2 * STEP);
    }
    return rate;
  }

  private static double[] moved(
      HookedTransformer model, Tokens tokens, Metric metric, Input input, NDArray by) {
    ModelConfig config = model.config();
    int layer = input.layer();
    HookPoint read =
        switch (input.kind()) {
          case LOGITS -> Sites.RESID_POST.at(layer - 1);
          case MLP ->
              config.block().parallel() ? Sites.RESID_PRE.at(layer) : Sites.RESID_MID.at(layer);
          default -> Sites.RESID_PRE.at(layer);
        };
    HookedTransformer there = model.with(Interventions.edit(read, x -> x.add(by)));
    if (input.kind() == Input.Kind.LOGITS) {
      return metric.perExample(there.run(tokens));
    }
    HookPoint made =
        switch (input.kind()) {
          case QUERY -> Sites.Q.at(layer);
          case KEY -> Sites.K.at(layer);
          case VALUE -> Sites.V.at(layer);
          default -> Sites.MLP_OUT.at(layer);
        };
    NDArray other = there.run(tokens, Capture.at(made)).cache().get(made);
    if (input.kind() == Input.Kind.MLP) {
      return metric.perExample(model.with(Interventions.edit(made, x -> other)).run(tokens));
    }
    NDIndex head = new NDIndex().addAllDim(2).addIndices(input.head());
    return metric.perExample(
        model
            .with(
                Interventions.edit(
                    made,
                    x -> {
                      x.set(head, other.get(head));
                      return x;
                    }))
            .run(tokens));
  }
}
