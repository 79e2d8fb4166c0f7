package io.loupe.workbench.capture;

/**
 * A number that one query's attention probabilities p_j are reduced to. Masses lie in [0, 1]. A
 * mass is NaN at a query for which no such key is in the text (no previous token, no earlier
 * occurrence); averages leave these queries out. A query that an edit left without any key has LSE
 * minus infinity, entropy, masses, largest probability and sum of squares 0, and no largest key or
 * distance: NaN.
 */
public sealed interface Statistic {
  /** The logarithm of the sum of the exponentials of the scores, in nats. */
  Statistic LOG_SUM_EXP = new Simple(Kind.LOG_SUM_EXP);

  /** - sum p log p, in nats; from 0 to log of the number of visible keys. */
  Statistic ENTROPY = new Simple(Kind.ENTROPY);

  /** The largest probability. */
  Statistic MAX_PROBABILITY = new Simple(Kind.MAX_PROBABILITY);

  /** The position of the key with the largest probability, the first of equals. */
  Statistic MAX_KEY = new Simple(Kind.MAX_KEY);

  /** sum p^2; its inverse is the effective number of keys. */
  Statistic SUM_OF_SQUARES = new Simple(Kind.SUM_OF_SQUARES);

  /** The mass on the first token: the usual attention sink (Xiao et al. 2024). */
  Statistic FIRST_KEY = new Simple(Kind.FIRST_KEY);

  /**
   * The mass on the key behind the last earlier occurrence of the query's token: what an induction
   * head attends to (Olsson et al. 2022).
   */
  Statistic INDUCTION = new Simple(Kind.INDUCTION);

  /**
   * The mass on earlier occurrences of the query's token: what a duplicate token head attends to
   * (Wang et al. 2023).
   */
  Statistic DUPLICATE = new Simple(Kind.DUPLICATE);

  /**
   * The mean distance between query and key, sum p_j |i - j|, in tokens (Vig and Belinkov 2019).
   */
  Statistic DISTANCE = new Simple(Kind.DISTANCE);

  /** The mass on the token just before the query. */
  Statistic PREVIOUS = new Offset(1);

  /** Returns the mass on the key so many tokens before the query; 0 is the query's own token. */
  static Statistic offset(int tokens) {
    return new Offset(tokens);
  }

  /** Returns the mass on a named span of the prompt. */
  static Statistic span(String name) {
    return new SpanMass(name);
  }

  /** Returns the mean distance with every distance beyond a window counted as the window. */
  static Statistic distanceWithin(int window) {
    return new WindowedDistance(window);
  }

  /** What is reduced without a parameter. */
  enum Kind {
    LOG_SUM_EXP("log-sum-exp"),
    ENTROPY("entropy"),
    MAX_PROBABILITY("largest probability"),
    MAX_KEY("key of the largest probability"),
    SUM_OF_SQUARES("sum of squares"),
    FIRST_KEY("mass on the first key"),
    INDUCTION("induction mass"),
    DUPLICATE("duplicate mass"),
    DISTANCE("distance");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** A statistic without a parameter. */
  record Simple(Kind kind) implements Statistic {
    @Override
    public String toString() {
      return kind.text;
    }
  }

  /**
   * The mass on one key before the query.
   *
   * @param tokens how far before it; 0 or more
   */
  record Offset(int tokens) implements Statistic {
    public Offset {
      if (tokens < 0) {
        throw new IllegalArgumentException(
            "An offset counts tokens before the query: 0 (itself), 1 (previous), ...; got "
                + tokens);
      }
    }

    @Override
    public String toString() {
      return "mass at offset " + tokens;
    }
  }

  /**
   * The mass on a named span.
   *
   * @param name a span that every row of the tokens has
   */
  record SpanMass(String name) implements Statistic {
    @Override
    public String toString() {
      return "mass on '" + name + "'";
    }
  }

  /**
   * The mean of min(distance, window).
   *
   * @param window 1 or more
   */
  record WindowedDistance(int window) implements Statistic {
    public WindowedDistance {
      if (window < 1) {
        throw new IllegalArgumentException("A window has at least 1 token; got " + window);
      }
    }

    @Override
    public String toString() {
      return "distance within " + window;
    }
  }
}
