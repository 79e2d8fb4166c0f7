package io.loupe.workbench.bench;

import org.jspecify.annotations.Nullable;

/**
 * One measured number and the limit it is held to.
 *
 * @param name what was measured, such as {@code capture / plain run}
 * @param value finite, in the unit
 * @param unit such as {@code ms}, {@code MB}, {@code x} for a ratio; may be empty for a count
 * @param bar null if the number is for information
 */
public record Measurement(String name, double value, String unit, @Nullable Bar bar) {
  public Measurement {
    if (name.isBlank()) {
      throw new IllegalArgumentException("A measurement needs a name, got a blank one");
    }
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "The value of '" + name + "' must be finite, got " + value);
    }
  }

  /** Makes a measurement that is held to no limit. */
  public static Measurement of(String name, double value, String unit) {
    return new Measurement(name, value, unit, null);
  }

  /** Returns whether the value keeps to the bar; true where there is none. */
  public boolean holds() {
    return bar == null || bar.holds(value);
  }
}
