package io.loupe.circuits.certainty;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import java.util.Arrays;
import java.util.Random;

/**
 * Whether a circuit is all that matters (Shi et al. 2024, independence): the model without the
 * circuit should say nothing about what the whole model says. The dependence of both metrics over
 * examples is measured by the Hilbert-Schmidt criterion with Gaussian kernels as wide as the median
 * distance (Gretton et al. 2007), and tested by permuting the examples. A small p-value says that
 * the rest of the model still knows something.
 */
public final class Independence implements Displayable {
  private static final int PERMUTATIONS = 999;

  private final double dependence;
  private final double p;
  private final int examples;

  private Independence(double dependence, double p, int examples) {
    this.dependence = dependence;
    this.p = p;
    this.examples = examples;
  }

  /**
   * Runs the model without the circuit.
   *
   * @throws IllegalArgumentException if there are fewer than 8 examples, or the circuit is empty or
   *     of another model
   */
  public static Independence of(CircuitRunner runner, Circuit circuit, long seed) {
    if (circuit.size() == 0) {
      throw new IllegalArgumentException(
          "Without an empty circuit the model is whole, and depends on itself: " + circuit);
    }
    if (runner.examples().size() < 8) {
      throw new IllegalArgumentException(
          "A permutation test needs at least 8 examples, better 100; got "
              + runner.examples().size());
    }
    CircuitRuns runs = runner.run(circuit.complement());
    return of(runs.of(0), runs.clean(), seed);
  }

  static Independence of(double[] rest, double[] whole, long seed) {
    int n = rest.length;
    double[][] a = centred(kernel(rest));
    double[][] b = kernel(whole);
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    double seen = dependence(a, b, order);
    Random random = new Random(seed);
    int asLarge = 1;
    for (int permutation = 0; permutation < PERMUTATIONS; permutation++) {
      for (int i = n - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
      asLarge += dependence(a, b, order) >= seen - 1e-12 ? 1 : 0;
    }
    return new Independence(seen, asLarge / (PERMUTATIONS + 1.0), n);
  }

  private static double[][] kernel(double[] values) {
    int n = values.length;
    double[] distances = new double[n * (n - 1) / 2];
    int next = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        distances[next++] = Math.abs(values[i] - values[j]);
      }
    }
    Arrays.sort(distances);
    double width = distances[distances.length / 2];
    if (width == 0) {
      width = distances[distances.length - 1] == 0 ? 1 : distances[distances.length - 1];
    }
    double[][] kernel = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double distance = (values[i] - values[j]) / width;
        kernel[i][j] = Math.exp(-distance * distance / 2);
      }
    }
    return kernel;
  }

  private static double[][] centred(double[][] kernel) {
    int n = kernel.length;
    double[] means = new double[n];
    Arrays.setAll(means, i -> Arrays.stream(kernel[i]).average().orElseThrow());
    double all = Arrays.stream(means).average().orElseThrow();
    double[][] centred = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        centred[i][j] = kernel[i][j] - means[i] - means[j] + all;
      }
    }
    return centred;
  }

  private static double dependence(double[][] centred, double[][] other, int[] order) {
    int n = order.length;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        sum += centred[i][j] * other[order[i]][order[j]];
      }
    }
    return sum / ((double) n * n);
  }

  /** Returns the Hilbert-Schmidt criterion, 0 or more; 0 if either does not vary. */
  public double dependence() {
    return dependence;
  }

  /** Returns the p-value of independence. */
  public double p() {
    return p;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString());
  }

  @Override
  public String toString() {
    return "Independence[the model without the circuit and the whole one over %d examples: dependence %.4f, p = %.3f]"
        .formatted(examples, dependence, p);
  }
}
