package io.loupe.workbench.bench;

/** How a measured value must stand to a limit. */
public enum Relation {
  AT_MOST("<="),
  LESS_THAN("<"),
  AT_LEAST(">="),
  GREATER_THAN(">");

  private final String sign;

  Relation(String sign) {
    this.sign = sign;
  }

  /** Returns the sign that people write: {@code <=}, {@code <}, {@code >=}, {@code >}. */
  public String sign() {
    return sign;
  }

  boolean holds(double value, double limit) {
    return switch (this) {
      case AT_MOST -> value <= limit;
      case LESS_THAN -> value < limit;
      case AT_LEAST -> value >= limit;
      case GREATER_THAN -> value > limit;
    };
  }
}
