package io.loupe.workbench.metric;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.text.Tokens;

/**
 * A metric that reads the logits at each row's last token alone, so that a sweep computes no
 * others.
 */
@FunctionalInterface
public interface LastTokenMetric extends Metric {
  /**
   * Computes the metric.
   *
   * @param last the logits at each row's last token, [batch, vocab]
   * @return [batch]
   */
  NDArray ofLast(NDArray last, Tokens tokens);

  @Override
  default NDArray perExample(NDArray logits, Tokens tokens) {
    return ofLast(Metrics.last(logits, tokens), tokens);
  }
}
