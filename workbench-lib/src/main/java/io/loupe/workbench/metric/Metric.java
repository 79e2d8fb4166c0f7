package io.loupe.workbench.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

/**
 * A number for each example, computed from the logits. A user's own is one lambda: {@code Metric m
 * = (logits, tokens) -> logits.get(":, -1, 7")}. The ones the field uses are made by {@link
 * Metrics}.
 */
@FunctionalInterface
public interface Metric {
  /**
   * Computes the metric. Gradients flow through it if it is made of differentiable operations.
   *
   * @param logits [batch, pos, vocab]
   * @return [batch]
   */
  NDArray perExample(NDArray logits, Tokens tokens);

  /** Returns the value for each example of a run. */
  default double[] perExample(Outcome run) {
    NDArray logits = run.logits().stopGradient();
    try (NDManager scope = logits.getManager().newSubManager()) {
      logits.attach(scope);
      NDArray values = perExample(logits, run.tokens());
      values.attach(scope);
      return values(values, run.tokens());
    }
  }

  /** Returns the mean over a run's examples. */
  default double of(Outcome run) {
    return Arrays.stream(perExample(run)).average().orElseThrow();
  }

  /** Returns what a metric computed, [batch]; refuses another shape. */
  static double[] values(NDArray values, Tokens tokens) {
    long[] shape = values.getShape().getShape();
    if (shape.length != 1 || shape[0] != tokens.batch()) {
      throw new IllegalArgumentException(
          "A metric gives one value for each example, [%d]; this one gave %s"
              .formatted(tokens.batch(), values.getShape()));
    }
    return Tensors.vector(values);
  }
}
