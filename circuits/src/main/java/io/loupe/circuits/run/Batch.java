package io.loupe.circuits.run;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.text.Tokens;

/**
 * Prompts with their corruptions, and what is measured on them.
 *
 * @param clean prompts
 * @param corrupted as many prompts, each as long as its clean one and padded as it is
 * @param metric of these prompts' logits; the same for clean, corrupted and circuit
 */
public record Batch(Tokens clean, Tokens corrupted, Metric metric) {
  public Batch {
    if (!clean.isAlignedWith(corrupted)) {
      throw new IllegalArgumentException(
          "A circuit is run on clean and corrupted prompts in pairs of equal length, padded alike; got %s and %s. Choose corruptions with as many tokens"
              .formatted(clean, corrupted));
    }
    if (java.util.Arrays.deepEquals(clean.ids(), corrupted.ids())) {
      throw new IllegalArgumentException(
          "Clean and corrupted prompts are the same, so that no edge carries a difference: give corruptions that change what decides the answer");
    }
  }

  /** Returns the number of prompts. */
  public int size() {
    return clean.batch();
  }
}
