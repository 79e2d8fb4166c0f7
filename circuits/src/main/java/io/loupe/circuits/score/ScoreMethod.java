package io.loupe.circuits.score;

/**
 * How edges are scored.
 *
 * @param kind the method
 * @param steps how many gradients are averaged; 1 where none are
 */
public record ScoreMethod(Kind kind, int steps) {
  /** The methods. */
  public enum Kind {
    /** Each edge alone is replaced, in a run of its own (Conmy et al. 2023). */
    EXACT("exact edge patching"),
    /**
     * Edge attribution patching: the difference that the edge would carry times the gradient of the
     * metric at the reader, in the clean run (Syed et al. 2023).
     */
    EAP("EAP"),
    /**
     * Gradients averaged along runs on embeddings between the clean ones and what stands in for
     * them (EAP-IG inputs, Hanna et al. 2024).
     */
    EAP_IG_INPUTS("EAP-IG, inputs"),
    /**
     * Gradients averaged while the outputs of one layer's heads, or one MLP, alone go from the
     * clean ones to what stands in for them (EAP-IG activations, Hanna et al. 2024; MIB).
     */
    EAP_IG_ACTIVATIONS("EAP-IG, activations"),
    /** The mean of the gradients at both ends (clean-corrupted, Hanna et al. 2024). */
    CLEAN_CORRUPTED("clean-corrupted gradients");

    private final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  public ScoreMethod {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "Gradients are averaged over at least 1 step, e.g. 5; got " + steps);
    }
  }

  @Override
  public String toString() {
    boolean averaged = kind == Kind.EAP_IG_INPUTS || kind == Kind.EAP_IG_ACTIVATIONS;
    return kind.label + (averaged ? ", %d steps".formatted(steps) : "");
  }
}
