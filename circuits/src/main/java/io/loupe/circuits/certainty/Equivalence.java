package io.loupe.circuits.certainty;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.measure.Faithfulness;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;

/**
 * Whether a circuit behaves as the model does, in two ways. The sign test (Shi et al. 2024,
 * equivalence) asks whether circuit and model have the higher metric equally often: a small p-value
 * says that they differ. As a large one may only say that there were few examples, the second way
 * turns the question round: the circuit is equivalent within a margin if the 90 % interval of its
 * faithfulness lies between 1 - margin and 1 + margin (two one-sided tests at 5 %).
 */
public final class Equivalence implements Displayable {
  private final Faithfulness faithfulness;
  private final double margin;
  private final int above;
  private final int below;
  private final Interval interval;

  private Equivalence(Faithfulness faithfulness, double margin, long seed) {
    this.faithfulness = faithfulness;
    this.margin = margin;
    double[] circuit = faithfulness.perExample();
    double[] model = faithfulness.clean();
    int higher = 0;
    int lower = 0;
    for (int i = 0; i < circuit.length; i++) {
      higher += circuit[i] > model[i] ? 1 : 0;
      lower += circuit[i] < model[i] ? 1 : 0;
    }
    this.above = higher;
    this.below = lower;
    this.interval = Bootstrap.of(circuit.length, drawn -> faithfulness.value(drawn), 0.9, seed);
  }

  /**
   * Runs the circuit.
   *
   * @param margin of faithfulness, above 0, e.g. 0.1
   */
  public static Equivalence of(CircuitRunner runner, Circuit circuit, double margin, long seed) {
    if (!(margin > 0)) {
      throw new IllegalArgumentException(
          "Expected a margin of faithfulness above 0, e.g. 0.1; got " + margin);
    }
    return new Equivalence(Faithfulness.of(runner, circuit), margin, seed);
  }

  /** Returns the faithfulness that was tested. */
  public Faithfulness faithfulness() {
    return faithfulness;
  }

  /** Returns the share of examples on which the circuit's metric is the higher one; ties not. */
  public double shareAbove() {
    return above + below == 0 ? 0.5 : above / (double) (above + below);
  }

  /** Returns the p-value of the sign test, two-sided and exact; ties are left out. */
  public double p() {
    return Binomial.twoSided(above, above + below);
  }

  /** Returns the 90 % bootstrap interval of the faithfulness. */
  public Interval interval() {
    return interval;
  }

  /** Tells whether the interval lies within the margin around 1. */
  public boolean isEquivalent() {
    return interval.low() >= 1 - margin && interval.high() <= 1 + margin;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString());
  }

  @Override
  public String toString() {
    return "Equivalence[faithfulness %.3f, 90 %% interval %s: %s within %s of the model; higher than the model on %.0f %% of the examples, sign test p = %.4f]"
        .formatted(
            faithfulness.value(),
            interval,
            isEquivalent() ? "equivalent" : "not shown to be",
            margin,
            100 * shareAbove(),
            p());
  }
}
