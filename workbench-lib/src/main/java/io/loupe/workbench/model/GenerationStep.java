package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One step of a generation: the token that each row emitted, and what was captured while it was
 * computed.
 *
 * @param index from 0
 * @param seen the rows as the step saw them, prompt and tokens emitted before
 * @param emitted the token each row emitted; empty for rows that had ended
 * @param logProbabilities of these tokens under the model as it ran, natural logarithm; NaN for
 *     rows that had ended
 * @param cache what was captured of the columns that the step computed
 * @param attention what was kept of attention while it was computed; empty if it was not asked for
 */
public record GenerationStep(
    int index,
    Tokens seen,
    List<OptionalLong> emitted,
    List<Double> logProbabilities,
    ActivationCache cache,
    Optional<AttentionStatistics> attention) {
  public GenerationStep {
    emitted = List.copyOf(emitted);
    logProbabilities = List.copyOf(logProbabilities);
  }

  /**
   * Returns statistics of the attention of the columns that the step computed, in the order of
   * their positions: all of the prompt in the first step, one token in each further one. A row that
   * had ended has none.
   *
   * @throws IllegalArgumentException if they were not asked for: {@code options.watching(request)}
   */
  public AttentionStatistics attentionStatistics() {
    return attention.orElseThrow(
        () ->
            new IllegalArgumentException(
                "Statistics of attention were not asked for: options.watching(AttentionRequest.of(...))"));
  }

  /**
   * Returns what the emitted token was read from: for each head of a layer, the attention of the
   * row's last token over the row's own tokens.
   *
   * @return [head][position], each head's row summing to 1
   * @throws IllegalArgumentException if the pattern was not captured at all positions: {@code
   *     options.capturing(Capture.of(PATTERN))}
   */
  public double[][] attention(int layer, int row) {
    HookPoint point = Sites.PATTERN.at(layer);
    if (emitted.get(row).isEmpty()) {
      throw new IllegalArgumentException("Row %d had ended before step %d".formatted(row, index));
    }
    NDArray pattern = cache.get(point); // [batch, head, new columns, key]
    long computed = pattern.getShape().get(2);
    long query = seen.column(row, -1) - (seen.length() - computed);
    if (pattern.getShape().get(3) != seen.length() || query < 0) {
      throw new IllegalArgumentException(
          "The row's attention needs the whole of %s; what was captured has the shape %s. Capture it without positions or reduction"
              .formatted(point, pattern.getShape()));
    }
    double[][] all = Tensors.matrix(pattern.get(new NDIndex("{}, :, {}", row, query)));
    int[] columns = seen.columns(row);
    double[][] own = new double[all.length][columns.length];
    for (int head = 0; head < all.length; head++) {
      for (int i = 0; i < columns.length; i++) {
        own[head][i] = all[head][columns[i]];
      }
    }
    return own;
  }
}
