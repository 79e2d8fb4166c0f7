package io.loupe.workbench.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Times work fairly. Two pieces of work are compared in alternating pairs (A B, A B, ...), so that
 * whatever else the machine does in the meantime meets both; the answer is the median of the ratios
 * of the pairs, which one disturbed pair cannot move.
 *
 * <p>The work is a {@link Supplier} whose result is kept until the clock has stopped, so that the
 * compiler cannot leave the work out. Work on a GPU must wait for the device before it returns.
 */
public final class Timings {
  // Written and never read: what is stored here has been computed.
  private static volatile int sink;

  private Timings() {}

  /**
   * How much to repeat.
   *
   * @param warmUps untimed runs (of each side, when comparing) before the first timed one; >= 0
   * @param rounds timed runs (of each side, when comparing); >= 1
   */
  public record Options(int warmUps, int rounds) {
    public Options {
      if (warmUps < 0 || rounds < 1) {
        throw new IllegalArgumentException(
            "Expected warmUps >= 0 and rounds >= 1, got " + warmUps + " and " + rounds);
      }
    }

    /** Five untimed runs, then fifteen timed ones. */
    public Options() {
      this(5, 15);
    }
  }

  /**
   * The times of two pieces of work; entry i of both was taken one right after the other.
   *
   * @param baselineMillis wall time of each run of the baseline, in milliseconds
   * @param candidateMillis as many times of the candidate
   */
  public record Comparison(List<Double> baselineMillis, List<Double> candidateMillis) {
    public Comparison {
      baselineMillis = List.copyOf(baselineMillis);
      candidateMillis = List.copyOf(candidateMillis);
      if (baselineMillis.isEmpty() || baselineMillis.size() != candidateMillis.size()) {
        throw new IllegalArgumentException(
            "Expected as many times of the candidate as of the baseline, and at least one; got "
                + candidateMillis.size()
                + " and "
                + baselineMillis.size());
      }
    }

    /** Returns candidate / baseline of each pair, in the order they were run. */
    public List<Double> ratios() {
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < baselineMillis.size(); i++) {
        ratios.add(candidateMillis.get(i) / baselineMillis.get(i));
      }
      return ratios;
    }

    /** Returns the median of {@link #ratios()}: 1.1 means that the candidate takes 10 % longer. */
    public double medianRatio() {
      return median(ratios());
    }

    /** Returns the median time of the baseline, in milliseconds. */
    public double medianBaseline() {
      return median(baselineMillis);
    }

    /** Returns the median time of the candidate, in milliseconds. */
    public double medianCandidate() {
      return median(candidateMillis);
    }
  }

  /** Returns the wall time of each timed run, in milliseconds, in order. */
  public static List<Double> repeat(Options options, Supplier<?> work) {
    for (int i = 0; i < options.warmUps(); i++) {
      millis(work);
    }
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < options.rounds(); i++) {
      times.add(millis(work));
    }
    return times;
  }

  /** Times both in alternating pairs, the baseline first in each; warm-up runs alternate too. */
  public static Comparison compare(Options options, Supplier<?> baseline, Supplier<?> candidate) {
    return compare(options, baseline, candidate, () -> {});
  }

  /**
   * Times both in alternating pairs, the baseline first in each; warm-up runs alternate too.
   *
   * @param between run after every run of either, untimed: frees what it made
   */
  public static Comparison compare(
      Options options, Supplier<?> baseline, Supplier<?> candidate, Runnable between) {
    List<Double> baselineMillis = new ArrayList<>();
    List<Double> candidateMillis = new ArrayList<>();
    for (int round = -options.warmUps(); round < options.rounds(); round++) {
      double first = millis(baseline);
      between.run();
      double second = millis(candidate);
      between.run();
      if (round >= 0) {
        baselineMillis.add(first);
        candidateMillis.add(second);
      }
    }
    return new Comparison(baselineMillis, candidateMillis);
  }

  /**
   * Returns the middle value, or the mean of the two middle ones.
   *
   * @throws IllegalArgumentException if there are no values
   */
  public static double median(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("The median of no values is not defined");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double millis(Supplier<?> work) {
    long start = System.nanoTime();
    Object result = work.get();
    long end = System.nanoTime();
    sink = System.identityHashCode(result);
    return Math.max(1, end - start) / 1e6;
  }
}
