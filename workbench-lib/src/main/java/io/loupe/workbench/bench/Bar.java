package io.loupe.workbench.bench;

/**
 * The limit that a measurement is held to: {@code <= 1.25}.
 *
 * @param limit in the unit of the measurement; finite
 */
public record Bar(Relation relation, double limit) {
  public Bar {
    if (!Double.isFinite(limit)) {
      throw new IllegalArgumentException("The limit of a bar must be finite, got " + limit);
    }
  }

  /** Returns the bar {@code <= limit}. */
  public static Bar atMost(double limit) {
    return new Bar(Relation.AT_MOST, limit);
  }

  /** Returns the bar {@code >= limit}. */
  public static Bar atLeast(double limit) {
    return new Bar(Relation.AT_LEAST, limit);
  }

  /** Returns whether the value stands to the limit as the relation says. */
  public boolean holds(double value) {
    return relation.holds(value, limit);
  }

  /** Returns sign and limit as people write them: {@code <= 1.25}, {@code >= 10}. */
  @Override
  public String toString() {
    boolean whole = limit == Math.rint(limit) && Math.abs(limit) < 1e15;
    return relation.sign() + " " + (whole ? String.valueOf((long) limit) : String.valueOf(limit));
  }
}
