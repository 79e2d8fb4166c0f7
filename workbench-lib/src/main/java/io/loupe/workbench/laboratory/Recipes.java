package io.loupe.workbench.laboratory;

import io.loupe.workbench.display.Table;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.TrainingOptions;
import java.util.List;
import java.util.OptionalDouble;

/** The recipes of the project's small models. */
public final class Recipes {
  static final NormSpec LAYER_NORM = new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5);

  private static final List<Recipe> ALL =
      List.of(InductionRecipe.recipe(), BracketsRecipe.recipe(), ModularAdditionRecipe.recipe());

  private Recipes() {}

  /** Returns the names of the recipes. */
  public static List<String> names() {
    return ALL.stream().map(Recipe::name).toList();
  }

  /**
   * Returns a recipe.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Recipe named(String name) {
    return ALL.stream()
        .filter(recipe -> recipe.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no recipe '%s'; there are %s".formatted(name, names())));
  }

  /** Shows the recipes. */
  public static Table table() {
    Table table = Table.of("recipe", "what the model learns", "steps");
    for (Recipe recipe : ALL) {
      table = table.row(recipe.name(), recipe.summary(), recipe.options().steps());
    }
    return table;
  }

  /** AdamW with a warm-up and a cosine, gradients clipped at norm 1. */
  static TrainingOptions adamW(
      int steps, int batch, double rate, int warmup, double decay, long seed) {
    return new TrainingOptions(
        steps,
        batch,
        Schedule.cosine(rate, warmup),
        OptimizerSpec.adamW(decay),
        OptionalDouble.of(1),
        seed);
  }
}
