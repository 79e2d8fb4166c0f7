package io.loupe.workbench.nn;

import java.util.List;

/** How the frequencies of a rotary embedding are changed so that it reaches longer contexts. */
public sealed interface RotaryScaling {
  /**
   * Returns the angle by which each pair of dimensions turns from a position to the next.
   *
   * @param dimensions how many dimensions turn; two a pair
   * @param base the embedding's base
   * @param length the number of tokens in the longest row
   * @return [dimensions / 2], radians
   */
  double[] frequencies(int dimensions, double base, int length);

  /** Returns what cosines and sines are multiplied with. */
  default double attentionFactor() {
    return 1;
  }

  /** The frequencies of the paper. */
  record None() implements RotaryScaling {
    @Override
    public double[] frequencies(int dimensions, double base, int length) {
      double[] frequencies = new double[dimensions / 2];
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = Math.pow(base, -2.0 * i / dimensions);
      }
      return frequencies;
    }

    @Override
    public String toString() {
      return "none";
    }
  }

  /** Positions are divided by a factor (Chen et al. 2023). */
  record Linear(double factor) implements RotaryScaling {
    @Override
    public double[] frequencies(int dimensions, double base, int length) {
      double[] frequencies = plain(dimensions, base);
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] /= factor;
      }
      return frequencies;
    }
  }

  /**
   * The base grows with the length once it passes the original context, so that every token of a
   * longer prompt turns differently ("dynamic NTK", Peng et al. 2023, appendix).
   */
  record Dynamic(double factor, int originalContext) implements RotaryScaling {
    @Override
    public double[] frequencies(int dimensions, double base, int length) {
      double stretch = factor * Math.max(length, originalContext) / originalContext - (factor - 1);
      return plain(dimensions, base * Math.pow(stretch, dimensions / (dimensions - 2.0)));
    }
  }

  /**
   * Long waves are divided by a factor, short ones kept, those between interpolated (Llama 3.1,
   * Grattafiori et al. 2024).
   */
  record Llama3(double factor, double lowFactor, double highFactor, int originalContext)
      implements RotaryScaling {
    @Override
    public double[] frequencies(int dimensions, double base, int length) {
      double[] frequencies = plain(dimensions, base);
      for (int i = 0; i < frequencies.length; i++) {
        double waves = originalContext * frequencies[i] / (2 * Math.PI); // in the original context
        double kept = (waves - lowFactor) / (highFactor - lowFactor);
        double share = Math.min(1, Math.max(0, kept));
        frequencies[i] = (1 - share) * frequencies[i] / factor + share * frequencies[i];
      }
      return frequencies;
    }
  }

  /**
   * YaRN (Peng et al. 2023): a ramp over the dimensions from kept to divided frequencies, and a
   * temperature on the scores.
   *
   * @param fast waves in the original context from which on a frequency is kept
   * @param slow waves up to which it is divided by the factor
   * @param truncate whether the ramp's ends are rounded to whole dimensions
   */
  record Yarn(
      double factor,
      int originalContext,
      double fast,
      double slow,
      boolean truncate,
      double attentionFactor)
      implements RotaryScaling {
    @Override
    public double[] frequencies(int dimensions, double base, int length) {
      double low = dimension(fast, dimensions, base);
      double high = dimension(slow, dimensions, base);
      low = Math.max(truncate ? Math.floor(low) : low, 0);
      high = Math.min(truncate ? Math.ceil(high) : high, dimensions - 1.0);
      double width = low == high ? 0.001 : high - low;
      double[] frequencies = plain(dimensions, base);
      for (int i = 0; i < frequencies.length; i++) {
        double divided = Math.min(1, Math.max(0, (i - low) / width));
        frequencies[i] = frequencies[i] * (1 - divided) + frequencies[i] / factor * divided;
      }
      return frequencies;
    }

    /** Returns the (fractional) pair that makes so many waves in the original context. */
    private double dimension(double waves, int dimensions, double base) {
      return dimensions * Math.log(originalContext / (waves * 2 * Math.PI)) / (2 * Math.log(base));
    }
  }

  /**
   * A factor for each frequency, found by search: one set up to the original context, one beyond
   * (LongRoPE, Ding et al. 2024).
   *
   * @param shortFactors [dimensions / 2]
   * @param longFactors [dimensions / 2]
   */
  record LongRope(
      List<Double> shortFactors,
      List<Double> longFactors,
      int originalContext,
      double attentionFactor)
      implements RotaryScaling {
    public LongRope {
      shortFactors = List.copyOf(shortFactors);
      longFactors = List.copyOf(longFactors);
    }

    @Override
    public double[] frequencies(int dimensions, double base, int length) {
      List<Double> factors = length > originalContext ? longFactors : shortFactors;
      if (factors.size() != dimensions / 2) {
        throw new IllegalArgumentException(
            "%d rotary dimensions need %d long and short factors; there are %d"
                .formatted(dimensions, dimensions / 2, factors.size()));
      }
      double[] frequencies = plain(dimensions, base);
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] /= factors.get(i);
      }
      return frequencies;
    }
  }

  private static double[] plain(int dimensions, double base) {
    return new None().frequencies(dimensions, base, 0);
  }
}
