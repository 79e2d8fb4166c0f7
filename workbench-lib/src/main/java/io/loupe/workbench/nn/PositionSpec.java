package io.loupe.workbench.nn;

/** How positions enter the attention scores. */
public sealed interface PositionSpec {
  /** They do not: the model learns positions at its embedding, or has none. */
  record None() implements PositionSpec {
    @Override
    public String toString() {
      return "none in the attention";
    }
  }

  /**
   * Rotary embedding of queries and keys (Su et al. 2021).
   *
   * @param dimensions how many of a head's dimensions are turned, from its first on
   * @param base the longest wave length over 2 pi
   * @param pairing which dimensions turn together
   * @param scaling how the frequencies are changed for long contexts
   */
  record Rotary(int dimensions, double base, Pairing pairing, RotaryScaling scaling)
      implements PositionSpec {
    public Rotary {
      if (dimensions < 2 || dimensions % 2 != 0) {
        throw new IllegalArgumentException(
            "A rotary embedding turns an even number of dimensions; got " + dimensions);
      }
    }

    /** Turns halves, without scaling, as Llama does. */
    public Rotary(int dimensions, double base) {
      this(dimensions, base, Pairing.HALVES, new RotaryScaling.None());
    }

    @Override
    public String toString() {
      return "rotary, %d dimensions in %s, base %.0f, scaling %s"
          .formatted(dimensions, pairing.name().toLowerCase(java.util.Locale.ROOT), base, scaling);
    }
  }

  /** Which dimensions of a head turn together. */
  enum Pairing {
    /** i with i + dimensions / 2 (GPT-NeoX, Llama). */
    HALVES,
    /** 2 i with 2 i + 1 (GPT-J). */
    NEIGHBOURS
  }

  /**
   * Scores fall linearly with distance, by a slope of each head's own: ALiBi (Press et al. 2022).
   */
  record Alibi() implements PositionSpec {
    @Override
    public String toString() {
      return "ALiBi";
    }

    /** Returns each head's slope: a geometric series, and its odd refinements for other counts. */
    static double[] slopes(int heads) {
      int power = Integer.highestOneBit(heads);
      double[] slopes = new double[heads];
      for (int head = 0; head < heads; head++) {
        slopes[head] =
            head < power
                ? Math.pow(2, -8.0 * (head + 1) / power)
                : Math.pow(2, -4.0 * (2 * (head - power) + 1) / power);
      }
      return slopes;
    }
  }
}
