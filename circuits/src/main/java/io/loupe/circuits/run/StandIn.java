package io.loupe.circuits.run;

/** What an edge outside of a circuit carries in place of its node's output. */
public enum StandIn {
  /** What the node writes on the corrupted prompt (interchange, resample ablation). */
  RESAMPLE("resample"),
  /** Nothing. Depends on the gauge of the weights. */
  ZERO("zero"),
  /** The mean of what the node writes, over all corrupted prompts and positions. */
  MEAN("mean"),
  /**
   * The mean over corrupted prompts at each position (Wang et al. 2022), over prompts of the same
   * length.
   */
  POSITIONAL_MEAN("positional mean");

  private final String label;

  StandIn(String label) {
    this.label = label;
  }

  /** Returns how tables name it. */
  public String label() {
    return label;
  }
}
