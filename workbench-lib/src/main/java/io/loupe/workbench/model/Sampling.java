package io.loupe.workbench.model;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How the next token is chosen. Logits are divided by the temperature; then only the {@code topK}
 * most probable tokens are kept (Fan et al. 2018); then the fewest most probable ones that together
 * have at least the probability {@code topP} (Holtzman et al. 2020); then one is drawn.
 *
 * @param temperature above 0; 1 is the model's own distribution
 * @param topK empty for all
 * @param topP in (0, 1]; 1 for all
 * @param greedy whether the most probable token is taken (the first of several), and nothing drawn
 */
public record Sampling(double temperature, OptionalInt topK, double topP, boolean greedy) {
  public Sampling {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "A temperature is a number above 0; got %s. For the most probable token take Sampling.mostProbable()"
              .formatted(temperature));
    }
    if (topK.isPresent() && topK.getAsInt() < 1) {
      throw new IllegalArgumentException("top-k keeps at least 1 token; got " + topK.getAsInt());
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top-p is above 0 and at most 1; got " + topP);
    }
  }

  /** Takes the most probable token, always. */
  public static Sampling mostProbable() {
    return new Sampling(1, OptionalInt.empty(), 1, true);
  }

  /** Draws from the model's own distribution. */
  public static Sampling fromModel() {
    return withTemperature(1);
  }

  /** Draws from the distribution at a temperature: below 1 sharper, above 1 flatter. */
  public static Sampling withTemperature(double temperature) {
    return new Sampling(temperature, OptionalInt.empty(), 1, false);
  }

  /** Returns this with only the k most probable tokens. */
  public Sampling topK(int k) {
    return new Sampling(temperature, OptionalInt.of(k), topP, greedy);
  }

  /** Returns this with the fewest most probable tokens that have this probability together. */
  public Sampling topP(double p) {
    return new Sampling(temperature, topK, p, greedy);
  }

  /**
   * Chooses a token.
   *
   * @param logits [vocab]; not NaN
   */
  int choose(double[] logits, SplittableRandom random) {
    if (greedy) {
      return mostProbable(logits);
    }
    if (topK.isEmpty() && topP == 1) {
      return draw(IntStream.range(0, logits.length).toArray(), logits, random);
    }
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> Double.compare(logits[b], logits[a])) // stable: the first of equals
            .limit(topK.orElse(logits.length))
            .mapToInt(Integer::intValue)
            .toArray();
    return draw(nucleus(order, logits), logits, random);
  }

  private int[] nucleus(int[] order, double[] logits) {
    double[] weights = weights(order, logits);
    double wanted = topP * Arrays.stream(weights).sum();
    double sum = 0;
    for (int i = 0; i < order.length; i++) {
      sum += weights[i];
      if (sum >= wanted) {
        return Arrays.copyOf(order, i + 1);
      }
    }
    return order;
  }

  private int draw(int[] tokens, double[] logits, SplittableRandom random) {
    double[] weights = weights(tokens, logits);
    double left = random.nextDouble() * Arrays.stream(weights).sum();
    for (int i = 0; i < tokens.length; i++) {
      left -= weights[i];
      if (left < 0) {
        return tokens[i];
      }
    }
    return tokens[tokens.length - 1];
  }

  /** Returns numbers in proportion to the tokens' probabilities, the largest 1. */
  private double[] weights(int[] tokens, double[] logits) {
    double largest = Arrays.stream(tokens).mapToDouble(t -> logits[t]).max().orElseThrow();
    return Arrays.stream(tokens)
        .mapToDouble(t -> Math.exp((logits[t] - largest) / temperature))
        .toArray();
  }

  private static int mostProbable(double[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  @Override
  public String toString() {
    return greedy
        ? "most probable token"
        : "temperature "
            + temperature
            + (topK.isPresent() ? ", top-k " + topK.getAsInt() : "")
            + (topP < 1 ? ", top-p " + topP : "");
  }
}
