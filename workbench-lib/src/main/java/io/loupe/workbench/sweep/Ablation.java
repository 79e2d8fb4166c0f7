package io.loupe.workbench.sweep;

import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.text.Tokens;
import java.util.Optional;

/**
 * How units are ablated.
 *
 * @param kind what their activations become
 * @param reference what means and other rows' activations are taken from; empty for zero
 * @param seed what the rows of a resample ablation are drawn with; 0 for the others
 */
public record Ablation(Kind kind, Optional<Tokens> reference, long seed) {

  /** What ablated activations become. */
  public enum Kind {
    /** Zero. Depends on the gauge of the weights. */
    ZERO("zero"),
    /** The mean over all tokens of a reference (Wang et al. 2022). */
    MEAN("mean"),
    /** The mean over a reference's rows, at each position. */
    MEAN_PER_POSITION("mean per position"),
    /** Those of another row of a reference (Chan et al. 2022). */
    RESAMPLE("resample");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** Names the ablation, with the gauge where the effects depend on it. */
  String named(Gauge gauge) {
    return switch (kind) {
      case ZERO -> kind + " ablation (" + gauge.label() + ")";
      case RESAMPLE -> kind + " ablation (seed " + seed + ")";
      default -> kind + " ablation";
    };
  }
}
