package io.loupe.workbench.laboratory;

import io.loupe.datasets.ShippedModels;
import io.loupe.datasets.algorithm.Sorting;
import io.loupe.datasets.task.IdSequence;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The models that do one thing: those trained by a {@link Recipe} and shipped, the shipped {@code
 * sort}, and the {@link CompiledModels}.
 */
public final class SmallModels {
  /** Of so many inputs a compiled model is asked every one. */
  private static final long ALL = 200_000;

  private static final int SAMPLE = 2000;
  private static final String SORT = "sort";

  private SmallModels() {}

  /** Returns the names that {@link #evaluate} takes: shipped ones, then compiled ones. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(ShippedModels.names());
    names.removeIf(name -> !name.equals(SORT) && !Recipes.names().contains(name));
    names.addAll(CompiledModels.names());
    return List.copyOf(names);
  }

  /**
   * Measures a model: a trained one by what its recipe measures, on examples that it was not
   * trained on; {@code sort} on all of its inputs; a compiled one on all inputs as long as there
   * are at most 200,000 of a length, and on 2,000 random ones of each greater length.
   *
   * @throws IllegalArgumentException if there is none of that name
   * @throws IOException if a shipped model cannot be loaded
   */
  public static ModelMeasures evaluate(String name) throws IOException {
    if (!names().contains(name)) {
      throw new IllegalArgumentException(
          "There is no small model '%s'; there are %s".formatted(name, names()));
    }
    if (CompiledModels.names().contains(name)) {
      CompiledModel compiled = CompiledModels.byName(name);
      return ModelMeasures.of(compiled.model(), exactness(compiled));
    }
    HookedTransformer model = HookedTransformer.load(name);
    return name.equals(SORT)
        ? ModelMeasures.of(model, sorting(model))
        : Recipes.named(name).evaluate(model);
  }

  /** Shows what is shipped. */
  public static Table shipped() {
    Table table = Table.of("shipped model", "what it does");
    for (String name : ShippedModels.names()) {
      table = table.row(name, summary(name));
    }
    return table;
  }

  private static String summary(String name) {
    return switch (name) {
      case "loupe-lm" -> "English; GPT-2's architecture, with the textbook circuits";
      case "loupe-mlm" -> "English with masked words; BERT's architecture";
      case "stories260k" -> "children's stories (Karpathy's tinyllamas); Llama's architecture";
      case SORT -> "three letters, six places, in ascending order (minGPT's demo)";
      default -> Recipes.named(name).summary();
    };
  }

  /** All 3^6 inputs; it was trained by others, on inputs that are not known. */
  private static Map<String, Double> sorting(HookedTransformer model) {
    List<IdSequence> inputs = TaskData.clean(TaskData.everything(new Sorting()));
    LabelScores scores = LabelScores.of(model, inputs);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("accuracy on all %,d inputs".formatted(inputs.size()), scores.accuracy());
    values.put("inputs sorted without an error", scores.wholeSequences());
    values.put("loss", scores.loss());
    return values;
  }

  /** A causal model's answers on inputs of a length are those on shorter ones too. */
  private static Map<String, Double> exactness(CompiledModel model) {
    int longest = model.alphabet().longest();
    int whole = longest;
    while (model.inputs(whole) > ALL) {
      whole--;
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(
        "accuracy on all %,d inputs of %d tokens".formatted(model.inputs(whole), whole),
        model.accuracyOnAll(whole));
    for (int length = whole + 1; length <= longest; length++) {
      values.put(
          "accuracy on %,d random inputs of %d tokens".formatted(SAMPLE, length),
          model.accuracy(model.random(SAMPLE, length, length)));
    }
    return values;
  }
}
