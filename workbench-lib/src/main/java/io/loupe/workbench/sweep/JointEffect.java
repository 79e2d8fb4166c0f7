package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;

/**
 * What ablating a set together does, beside the sum of what ablating each of its units alone does.
 * Where the joint effect is the larger, units stand in for each other; where it is the smaller,
 * they work in series, or against each other.
 */
public final class JointEffect implements Displayable {
  private final AblationEffects effects;

  JointEffect(AblationEffects effects) {
    this.effects = effects;
  }

  /** Returns the effects of the units, each alone. */
  public AblationEffects single() {
    return effects;
  }

  /** Returns the effect of ablating all of them together on each example. */
  public double[] jointPerExample() {
    return Effects.minus(effects.allAblated(), effects.baselines());
  }

  /** Returns the sum over units of their effects alone, for each example. */
  public double[] sumPerExample() {
    double[] sum = new double[effects.baselines().length];
    for (Unit unit : effects.units()) {
      sum = Effects.plus(sum, effects.perExample(unit));
    }
    return sum;
  }

  /** Returns the joint effect, mean over examples. */
  public double joint() {
    return Effects.mean(jointPerExample());
  }

  /** Returns the sum of the single effects, mean over examples. */
  public double sum() {
    return Effects.mean(sumPerExample());
  }

  /** Returns the joint effect minus the sum of the single ones, mean over examples. */
  public double interaction() {
    return joint() - sum();
  }

  /** Returns a 95 % bootstrap interval of {@link #interaction} over examples. */
  public Interval interval(long seed) {
    return Bootstrap.ofMean(Effects.minus(jointPerExample(), sumPerExample()), 0.95, seed);
  }

  /** Returns joint effect, sum, and their difference with its interval (seed 0). */
  public Table table() {
    Interval joint = Bootstrap.ofMean(jointPerExample(), 0.95, 0);
    Interval sum = Bootstrap.ofMean(sumPerExample(), 0.95, 0);
    Interval difference = interval(0);
    return Table.of("effect", "mean", "low", "high")
        .row("together", joint(), joint.low(), joint.high())
        .row("sum of each alone", sum(), sum.low(), sum.high())
        .row("difference", interaction(), difference.low(), difference.high());
  }

  @Override
  public MimeBundle display() {
    return table().display();
  }

  @Override
  public String toString() {
    return "%s of %s: together %.4f, sum of each alone %.4f, difference %.4f %s"
        .formatted(
            effects.ablation().named(effects.gauge()),
            Unit.words(effects.units()),
            joint(),
            sum(),
            interaction(),
            interval(0));
  }
}
