package io.loupe.workbench.model;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.List;

/** Refuses tokens that a model cannot run, before it runs. */
final class InputCheck {
  private InputCheck() {}

  /** Throws {@code IllegalArgumentException} naming the row and what the model takes. */
  static void tokens(Tokens tokens, ModelConfig config) {
    for (int row = 0; row < tokens.batch(); row++) {
      if (tokens.length(row) > config.longestInput()) {
        throw new IllegalArgumentException(
            "The prompt in row %d has %d tokens; the model's context is %d"
                .formatted(row, tokens.length(row), config.context()));
      }
      if (tokens.length(row) == 0) {
        throw new IllegalArgumentException("Row " + row + " has no tokens, only padding");
      }
      for (long id : tokens.row(row)) {
        if (id < 0 || id >= config.vocab()) {
          throw new IllegalArgumentException(
              "Token %d in row %d is not in the vocabulary: 0 to %d"
                  .formatted(id, row, config.vocab() - 1));
        }
      }
    }
  }

  /** Returns how many layers must be run to see some points; refuses those behind all layers. */
  static int layersFor(List<HookPoint> points, ModelConfig config) {
    if (points.isEmpty()) {
      throw new IllegalArgumentException("Name at least one hook point, e.g. RESID_POST.at(0)");
    }
    int layers = 0;
    for (HookPoint point : points) {
      config.require(point);
      if (!point.site().perLayer() && !Sites.isBeforeBlocks(point.site())) {
        throw new IllegalArgumentException(
            "%s stands behind the layers, which activations(...) stops at: use run(tokens, Capture.at(...))"
                .formatted(point));
      }
      layers = Math.max(layers, point.layer() + 1);
    }
    return layers;
  }

  /** Throws {@code IllegalArgumentException} if the model cannot continue the prompts so far. */
  static void generation(Tokens prompts, int newTokens, ModelConfig config) {
    tokens(prompts, config);
    if (!config.causal()) {
      throw new IllegalArgumentException(
          "This %s model is bidirectional: it reads whole texts and cannot continue one; run it and read the logits"
              .formatted(config.family()));
    }
    for (int row = 0; row < prompts.batch(); row++) {
      if ((long) prompts.length(row) + newTokens > config.longestInput()) {
        throw new IllegalArgumentException(
            "The prompt in row %d has %d tokens; with %d new ones it does not fit the model's context of %d"
                .formatted(row, prompts.length(row), newTokens, config.context()));
      }
    }
  }
}
