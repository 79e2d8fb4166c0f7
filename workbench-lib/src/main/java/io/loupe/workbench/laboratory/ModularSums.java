package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdSequence;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;

/**
 * What a model of modular addition says of all p * p sums, and what is left of it when some
 * frequencies of a + b alone are kept, or these are taken out: the progress measures of Nanda et
 * al. 2023 (Progress measures for grokking via mechanistic interpretability).
 *
 * <p>The restricted loss is {@code sums.restrictedTo(key).loss(...)}: what the waves know without
 * the rest. The excluded loss is {@code sums.without(key).loss(training)}: what was learnt by
 * heart.
 */
public final class ModularSums {
  private final int modulus;
  private final int vocab;
  private final double[] logits; // [a][b][vocab]

  private ModularSums(int modulus, int vocab, double[] logits) {
    this.modulus = modulus;
    this.vocab = vocab;
    this.logits = logits;
  }

  /**
   * Asks a model for all sums.
   *
   * @param model of the tokens 0 to p - 1 and the equals sign, which is p; as {@link
   *     io.loupe.datasets.algorithm.ModularAddition} writes sums
   * @throws IllegalArgumentException if its vocabulary or context is too small for that
   */
  public static ModularSums of(HookedTransformer model) {
    int vocab = model.config().vocab();
    int modulus = vocab - 1;
    if (modulus < 2 || model.config().longestInput() < 3) {
      throw new IllegalArgumentException(
          "A model of sums has the numbers and the equals sign as tokens and a context of 3; got a vocabulary of %d and a context of %d"
              .formatted(vocab, model.config().longestInput()));
    }
    double[] logits = new double[modulus * modulus * vocab];
    for (int a = 0; a < modulus; a++) {
      long[][] rows = new long[modulus][];
      for (int b = 0; b < modulus; b++) {
        rows[b] = new long[] {a, b, modulus};
      }
      try (Run run = model.run(Tokens.of(rows))) {
        double[] some = Tensors.doubles(run.logits().get(":, 2"));
        System.arraycopy(some, 0, logits, a * some.length, some.length);
      }
    }
    return new ModularSums(modulus, vocab, logits);
  }

  /** Returns p. */
  public int modulus() {
    return modulus;
  }

  /**
   * Keeps of the logits, as functions of a and b, their mean and these frequencies of a + b.
   *
   * @param frequencies each 1 to p / 2
   */
  public ModularSums restrictedTo(List<Integer> frequencies) {
    double[] means = means();
    double[][] part = Frequencies.part(bySum(), frequencies);
    return map((sum, id, value) -> means[id] + part[sum][id]);
  }

  /**
   * Takes these frequencies of a + b out of the logits.
   *
   * @param frequencies each 1 to p / 2
   */
  public ModularSums without(List<Integer> frequencies) {
    double[][] part = Frequencies.part(bySum(), frequencies);
    return map((sum, id, value) -> value - part[sum][id]);
  }

  /**
   * Returns the share of the logits' variance over all a and b that each frequency of a + b makes
   * up.
   *
   * @return [k], k = 0 to p / 2; 0 at k = 0. The rest of 1 depends on a and b otherwise
   */
  public double[] power() {
    double[] means = means();
    double[][] bySum = bySum();
    double all = 0;
    for (int i = 0; i < logits.length; i++) {
      all += square(logits[i] - means[i % vocab]);
    }
    double ofSums = 0;
    for (double[] logitsOfSum : bySum) {
      for (int id = 0; id < vocab; id++) {
        ofSums += modulus * square(logitsOfSum[id] - means[id]);
      }
    }
    double share = ofSums / all;
    return Arrays.stream(Frequencies.power(bySum)).map(one -> one * share).toArray();
  }

  /** Returns the share of all sums that are right: theirs is the largest logit. */
  public double accuracy() {
    long right = 0;
    for (int i = 0; i < modulus * modulus; i++) {
      int sum = sum(i);
      right += LabelScores.isLargest(logits, i * vocab, vocab, sum) ? 1 : 0;
    }
    return (double) right / (modulus * modulus);
  }

  /** Returns the mean cross-entropy over all sums, nats. */
  public double loss() {
    double loss = 0;
    for (int i = 0; i < modulus * modulus; i++) {
      loss += LabelScores.loss(logits, i * vocab, vocab, sum(i));
    }
    return loss / (modulus * modulus);
  }

  /**
   * Returns the mean cross-entropy over some sums, nats.
   *
   * @param sums sequences a, b, =; at least one
   */
  public double loss(List<IdSequence> sums) {
    return sums.stream()
        .mapToInt(one -> one.ids().get(0) * modulus + one.ids().get(1))
        .mapToDouble(i -> LabelScores.loss(logits, i * vocab, vocab, sum(i)))
        .average()
        .orElseThrow(() -> new IllegalArgumentException("Expected at least one sum; got none"));
  }

  @FunctionalInterface
  private interface Change {
    double of(int sum, int id, double value);
  }

  private ModularSums map(Change change) {
    double[] changed = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      changed[i] = change.of(sum(i / vocab), i % vocab, logits[i]);
    }
    return new ModularSums(modulus, vocab, changed);
  }

  private int sum(int pair) {
    return (pair / modulus + pair % modulus) % modulus;
  }

  private double[] means() {
    double[] means = new double[vocab];
    for (int i = 0; i < logits.length; i++) {
      means[i % vocab] += logits[i] / (modulus * modulus);
    }
    return means;
  }

  private static double square(double value) {
    return value * value;
  }

  /** The mean of the logits over all a and b of a sum, [sum][id]. */
  private double[][] bySum() {
    double[][] means = new double[modulus][vocab];
    for (int i = 0; i < logits.length; i++) {
      means[sum(i / vocab)][i % vocab] += logits[i] / modulus;
    }
    return means;
  }
}
