package io.loupe.circuits.run;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

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
    if (Arrays.deepEquals(clean.ids(), corrupted.ids())) {
      throw new IllegalArgumentException(
          "Clean and corrupted prompts are the same, so that no edge carries a difference: give corruptions that change what decides the answer");
    }
  }

  /** Returns the first column in which a clean and a corrupted prompt differ. */
  public int firstDifference() {
    long[][] ours = clean.ids();
    long[][] theirs = corrupted.ids();
    int first = clean.length();
    for (int row = 0; row < ours.length; row++) {
      int differs = Arrays.mismatch(ours[row], theirs[row]);
      first = differs < 0 ? first : Math.min(first, differs);
    }
    return first;
  }

  /** Returns the number of prompts. */
  public int size() {
    return clean.batch();
  }
}
