package io.loupe.workbench.laboratory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Functions on the numbers modulo n as sums of waves: the discrete Fourier transform by its real,
 * orthonormal basis, 1 / sqrt(n), and for each frequency k = 1 to n / 2 the cosine and the sine of
 * 2 pi k x / n (what Nanda et al. 2023 look at grokking with).
 */
public final class Frequencies {
  private Frequencies() {}

  /**
   * Returns how much of what rows vary lies in each frequency.
   *
   * @param rows [x][column], x = 0 to n - 1, such as the embeddings of the numbers
   * @return [k], k = 0 to n / 2: the share of the summed squares, of the rows less their mean; 0 at
   *     k = 0. NaN everywhere if the rows are all the same
   */
  public static double[] power(double[][] rows) {
    int n = rows.length;
    if (n < 2) {
      throw new IllegalArgumentException("Expected two rows or more; got " + n);
    }
    double[] power = new double[n / 2 + 1];
    double total = 0;
    for (int k = 1; k <= n / 2; k++) {
      for (double[] wave : waves(n, k)) {
        for (double coefficient : coefficients(rows, wave)) {
          power[k] += coefficient * coefficient;
        }
      }
      total += power[k];
    }
    for (int k = 0; k < power.length; k++) {
      power[k] /= total;
    }
    return power;
  }

  /**
   * Returns the frequencies of at least this share, the strongest first.
   *
   * @param power as {@link #power} gives it
   * @param least a share, above 0 to 1
   */
  public static List<Integer> strongest(double[] power, double least) {
    if (!(least > 0 && least <= 1)) {
      throw new IllegalArgumentException("Expected a share above 0, up to 1; got " + least);
    }
    return IntStream.range(1, power.length)
        .filter(k -> power[k] >= least)
        .boxed()
        .sorted(Comparator.comparingDouble(k -> -power[k]))
        .toList();
  }

  /**
   * Returns the part of rows that some frequencies make up, without their mean.
   *
   * @param rows [x][column]
   * @param frequencies each 1 to n / 2
   * @return [x][column]; the rows are left alone
   */
  static double[][] part(double[][] rows, List<Integer> frequencies) {
    int n = rows.length;
    double[][] part = new double[n][rows[0].length];
    for (int k : frequencies) {
      if (k < 1 || k > n / 2) {
        throw new IllegalArgumentException(
            "Expected frequencies of 1 to %d; got %s".formatted(n / 2, frequencies));
      }
      for (double[] wave : waves(n, k)) {
        double[] coefficients = coefficients(rows, wave);
        for (int x = 0; x < n; x++) {
          for (int column = 0; column < coefficients.length; column++) {
            part[x][column] += wave[x] * coefficients[column];
          }
        }
      }
    }
    return part;
  }

  /** The cosine and the sine of a frequency, of norm 1; at n / 2 the cosine alone. */
  private static List<double[]> waves(int n, int k) {
    List<double[]> waves = new ArrayList<>();
    boolean alternating = 2 * k == n;
    double scale = Math.sqrt((alternating ? 1.0 : 2.0) / n);
    for (int phase = 0; phase < (alternating ? 1 : 2); phase++) {
      double[] wave = new double[n];
      for (int x = 0; x < n; x++) {
        double angle = 2 * Math.PI * ((long) k * x % n) / n;
        wave[x] = scale * (phase == 0 ? Math.cos(angle) : Math.sin(angle));
      }
      waves.add(wave);
    }
    return waves;
  }

  private static double[] coefficients(double[][] rows, double[] wave) {
    double[] sums = new double[rows[0].length];
    for (int x = 0; x < rows.length; x++) {
      for (int column = 0; column < sums.length; column++) {
        sums[column] += wave[x] * rows[x][column];
      }
    }
    return sums;
  }
}
