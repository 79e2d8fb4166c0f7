package io.loupe.workbench.capture;

import io.loupe.workbench.site.HeadSet;

/**
 * A change of some heads' attention that needs no pattern. Whatever the order they are given in,
 * temperatures act on the masked scores first, then weights, then masks, and gates on z at the end.
 */
public sealed interface AttentionEdit {
  /** Returns the heads that it changes. */
  HeadSet heads();

  /** Returns an edit that multiplies the heads' output z by a factor: 0 removes them. */
  static AttentionEdit gate(HeadSet heads, double factor) {
    return new Gate(heads, factor);
  }

  /** Returns an edit that divides the scores of some queries by a temperature above 0. */
  static AttentionEdit temperature(HeadSet heads, TokenRange queries, double temperature) {
    return new Temperature(heads, queries, temperature);
  }

  /** Returns an edit that hides keys from queries (Geva et al. 2023). */
  static AttentionEdit knockout(HeadSet heads, TokenRange queries, TokenRange keys) {
    return new Knockout(heads, queries, keys);
  }

  /**
   * Returns an edit that leaves each query the first tokens of the text and a window that ends at
   * itself (Xiao et al. 2024), of what it sees anyway.
   *
   * @param sinks how many first tokens stay visible; 0 or more
   * @param window 1 or more
   */
  static AttentionEdit sinkWindow(HeadSet heads, int sinks, int window) {
    return new SinkWindow(heads, sinks, window);
  }

  /**
   * Returns an edit that multiplies the probabilities of some keys by a factor, after which each
   * row is normalised to sum to one again. 0 hides them.
   */
  static AttentionEdit reweight(HeadSet heads, TokenRange queries, TokenRange keys, double factor) {
    return new Reweight(heads, queries, keys, factor);
  }

  /** Multiplies z. */
  record Gate(HeadSet heads, double factor) implements AttentionEdit {
    public Gate {
      finite("A gate's factor", factor);
    }
  }

  /** Divides scores. */
  record Temperature(HeadSet heads, TokenRange queries, double temperature)
      implements AttentionEdit {
    public Temperature {
      finite("A temperature", temperature);
      if (temperature <= 0) {
        throw new IllegalArgumentException("A temperature is above 0; got " + temperature);
      }
    }
  }

  /** Hides keys. */
  record Knockout(HeadSet heads, TokenRange queries, TokenRange keys) implements AttentionEdit {}

  /** Hides what is neither a sink nor near. */
  record SinkWindow(HeadSet heads, int sinks, int window) implements AttentionEdit {
    public SinkWindow {
      if (sinks < 0 || window < 1) {
        throw new IllegalArgumentException(
            "Expected 0 or more sinks and a window of at least 1; got %d and %d"
                .formatted(sinks, window));
      }
    }

    boolean sees(int query, int key) {
      return key < sinks || Math.abs(query - key) < window;
    }
  }

  /** Multiplies probabilities. */
  record Reweight(HeadSet heads, TokenRange queries, TokenRange keys, double factor)
      implements AttentionEdit {
    public Reweight {
      finite("A weight's factor", factor);
      if (factor < 0) {
        throw new IllegalArgumentException("Probabilities have no factor below 0; got " + factor);
      }
    }
  }

  private static void finite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(what + " must be finite; got " + value);
    }
  }
}
