package io.loupe.workbench.attribution;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.HeadSet;

/** Which heads' patterns stand for a layer's attention. */
public sealed interface HeadMix {
  /** The mean over all heads. */
  HeadMix MEAN = new Mean();

  /**
   * Returns the mean over chosen heads; a layer of which none is chosen moves nothing: only its
   * residual connection counts.
   */
  static HeadMix of(HeadSet heads) {
    return new Chosen(heads);
  }

  /**
   * Returns the heads, or throws {@code IllegalArgumentException} if the model lacks one or none is
   * chosen.
   */
  HeadSet heads(ModelConfig config);

  /** The mean over all heads. */
  record Mean() implements HeadMix {
    @Override
    public HeadSet heads(ModelConfig config) {
      return config.allHeads();
    }

    @Override
    public String toString() {
      return "mean of heads";
    }
  }

  /** The mean over chosen heads. */
  record Chosen(HeadSet heads) implements HeadMix {
    @Override
    public HeadSet heads(ModelConfig config) {
      if (heads.isEmpty() || !heads.minus(config.allHeads()).isEmpty()) {
        throw new IllegalArgumentException(
            "Name heads among L0H0 to L%dH%d; got %s"
                .formatted(config.layers() - 1, config.heads() - 1, heads));
      }
      return heads;
    }

    @Override
    public String toString() {
      return "mean of " + heads;
    }
  }
}
