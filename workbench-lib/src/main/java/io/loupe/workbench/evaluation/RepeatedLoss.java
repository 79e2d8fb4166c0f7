package io.loupe.workbench.evaluation;

import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What random tokens cost a model, and the same tokens once more: only induction makes the second
 * half cheaper (Olsson et al. 2022, In-context Learning and Induction Heads).
 *
 * @param half how many tokens are repeated
 * @param first mean loss of the first half, by sequence, in nats a token
 * @param second mean loss of the second half without its first token, which nothing foretells
 */
public record RepeatedLoss(int half, List<Double> first, List<Double> second) {
  public RepeatedLoss {
    first = List.copyOf(first);
    second = List.copyOf(second);
    if (first.isEmpty() || first.size() != second.size()) {
      throw new IllegalArgumentException(
          "Expected as many first halves as second ones, got %d and %d"
              .formatted(first.size(), second.size()));
    }
  }

  /** Returns how many nats a token the second half is cheaper, in the mean. */
  public double gain() {
    return Arrays.stream(gains()).average().orElseThrow();
  }

  /** Returns the 95 % bootstrap interval of {@link #gain}, over sequences. */
  public Interval gainInterval() {
    return Bootstrap.ofMean(gains(), 0.95, 0);
  }

  private double[] gains() {
    return IntStream.range(0, first.size())
        .mapToDouble(i -> first.get(i) - second.get(i))
        .toArray();
  }
}
