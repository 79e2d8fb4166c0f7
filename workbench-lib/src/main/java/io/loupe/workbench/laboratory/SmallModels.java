package io.loupe.workbench.laboratory;

import io.loupe.datasets.ShippedModels;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The models that do one thing: what each can do, measured from the shipped files. */
public final class SmallModels {
  private static final int INPUTS = 2000;

  /** Shipped models that a recipe of another name measures. */
  private static final Map<String, String> MEASURED_BY = Map.of("sort", "sorting");

  private SmallModels() {}

  /** Returns the names of those that can be measured: shipped ones, then compiled ones. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(ShippedModels.names());
    names.removeIf(name -> !Recipes.names().contains(recipe(name)));
    names.addAll(CompiledModels.names());
    return List.copyOf(names);
  }

  /**
   * Measures a model: a shipped one by what its recipe measures, on examples that it was not
   * trained on; a compiled one on random inputs of its longest length.
   *
   * @throws IllegalArgumentException if there is none of that name
   * @throws IOException if a shipped model cannot be loaded
   */
  public static Table evaluate(String name) throws IOException {
    if (CompiledModels.names().contains(name)) {
      CompiledModel model = CompiledModels.byName(name);
      int[][] inputs = model.random(INPUTS, model.alphabet().longest(), 0);
      return Table.of("measure", "value")
          .row("accuracy on %,d random inputs".formatted(INPUTS), model.accuracy(inputs));
    }
    if (!names().contains(name)) {
      throw new IllegalArgumentException(
          "There is no small model '%s'; there are %s".formatted(name, names()));
    }
    return Recipes.named(recipe(name)).evaluate(HookedTransformer.load(name));
  }

  private static String recipe(String name) {
    return MEASURED_BY.getOrDefault(name, name);
  }
}
