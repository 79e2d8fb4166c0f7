package io.loupe.workbench.train;

/** The learning rate at each step, as data. */
public sealed interface Schedule {
  /**
   * Returns the learning rate.
   *
   * @param step from 0
   * @param steps how many there are
   */
  double at(int step, int steps);

  /** Returns the same rate at every step. */
  static Schedule constant(double rate) {
    return new Constant(rate);
  }

  /** Returns a rate that rises linearly over the first steps, and then falls linearly to 0. */
  static Schedule linear(double rate, int warmup) {
    return new Linear(rate, warmup);
  }

  /**
   * Returns a rate that rises linearly over the first steps, and then falls to 0 as a cosine does
   * (Loshchilov and Hutter 2017).
   */
  static Schedule cosine(double rate, int warmup) {
    return new Cosine(rate, warmup);
  }

  /** Always the same. */
  record Constant(double rate) implements Schedule {
    public Constant {
      check(rate, 0);
    }

    @Override
    public double at(int step, int steps) {
      return rate;
    }
  }

  /**
   * A straight line up and one down.
   *
   * @param rate the highest
   * @param warmup steps until it is reached
   */
  record Linear(double rate, int warmup) implements Schedule {
    public Linear {
      check(rate, warmup);
    }

    @Override
    public double at(int step, int steps) {
      return step < warmup
          ? rate * (step + 1) / (warmup + 1)
          : rate * (1 - share(step, warmup, steps));
    }
  }

  /**
   * A straight line up and half a cosine down.
   *
   * @param rate the highest
   * @param warmup steps until it is reached
   */
  record Cosine(double rate, int warmup) implements Schedule {
    public Cosine {
      check(rate, warmup);
    }

    @Override
    public double at(int step, int steps) {
      return step < warmup
          ? rate * (step + 1) / (warmup + 1)
          : rate * (1 + Math.cos(Math.PI * share(step, warmup, steps))) / 2;
    }
  }

  /** How much of the way down is behind: 0 right after the warm-up. */
  private static double share(int step, int warmup, int steps) {
    return Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
  }

  private static void check(double rate, int warmup) {
    if (!(rate > 0) || Double.isInfinite(rate) || warmup < 0) {
      throw new IllegalArgumentException(
          "A schedule needs a learning rate above 0 and a warm-up of 0 steps or more; got %s and %d"
              .formatted(rate, warmup));
    }
  }
}
