package io.loupe.workbench.laboratory;

import io.loupe.workbench.files.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What stands beside a trained model: recipe, data, seeds, curve, what it can do, hash. */
final class ModelCard {
  private static final int LINES = 16;

  private ModelCard() {}

  /**
   * Returns the text of {@code CARD.md}.
   *
   * @param weights the file of the model's weights, to hash
   * @param values what the recipe measures of the saved model
   */
  static String text(
      Recipe recipe, String data, TrainedModel trained, Map<String, Double> values, Path weights)
      throws IOException {
    StringBuilder card = new StringBuilder();
    card.append("# ").append(recipe.name()).append("\n\n");
    card.append(
        """
        A small transformer that was trained on %s.

        Made by `./loupe train %s`; the same recipe gives the same weights on the same CPU.

        | | |
        |---|---|
        """
            .formatted(recipe.summary(), recipe.name()));
    row(card, "layers, heads, d_model, d_mlp", sizes(recipe));
    row(card, "vocabulary, context", recipe.config().vocab() + ", " + recipe.config().context());
    row(card, "norms", String.valueOf(recipe.config().block().norms()));
    row(card, "data", data);
    row(
        card,
        "initial weights",
        "seed %d, deviation %s".formatted(recipe.seed(), number(recipe.deviation())));
    row(card, "options", String.valueOf(recipe.options()));
    if (!recipe.series().isEmpty()) {
      String steps =
          recipe.series().stream().map(String::valueOf).collect(Collectors.joining(", "));
      row(card, "checkpoints of steps", steps + ", " + recipe.options().steps());
    }
    row(card, "SHA-256 of model.safetensors", Sha256.of(weights));
    card.append(
        "\nMeasured on examples that it was not trained on:\n\n| measure | value |\n|---|---|\n");
    values.forEach((name, value) -> row(card, name, number(value)));
    card.append("\nLoss of the batch, in nats:\n\n| step | loss |\n|---|---|\n");
    List<Double> losses = trained.curve().losses().values().iterator().next();
    int every = Math.max(1, losses.size() / LINES);
    for (int step = 0; step < losses.size(); step += every) {
      row(card, String.valueOf(step), number(losses.get(step)));
    }
    row(card, String.valueOf(losses.size() - 1), number(losses.get(losses.size() - 1)));
    return card.toString();
  }

  private static String sizes(Recipe recipe) {
    return "%d, %d, %d, %d"
        .formatted(
            recipe.config().layers(),
            recipe.config().heads(),
            recipe.config().dModel(),
            recipe.config().sizes().dMlp());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static void row(StringBuilder card, String name, String value) {
    card.append("| ").append(name).append(" | ").append(value).append(" |\n");
  }
}
