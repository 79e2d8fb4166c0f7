package io.loupe.workbench.laboratory;

import io.loupe.datasets.algorithm.KeyValueRecall;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.AttentionSpec.ScoreMap;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Multi-query associative recall (Arora et al. 2024, Zoology) by a model of two layers of attention
 * alone, and by its twin: the same in everything but that the scores themselves weight the values.
 */
final class RecallRecipes {
  private static final int KEYS = 32;
  private static final int VALUES = 32;
  private static final int QUERIES = 4;
  private static final int FEWEST = 4;
  private static final int MOST = 8;
  private static final int EXAMPLES = 8000;
  private static final int TEST_EXAMPLES = 500;

  private RecallRecipes() {}

  static Recipe attention() {
    return recipe(
        "mqar-attention", "keys and values, which it recalls by attention", ScoreMap.SOFTMAX);
  }

  static Recipe linear() {
    return recipe(
        "mqar-linear",
        "keys and values, which it recalls by linear attention: the twin of mqar-attention",
        ScoreMap.IDENTITY);
  }

  private static Recipe recipe(String name, String summary, ScoreMap map) {
    Dimensions sizes = Dimensions.multiHead(2, 64, 2, 0, KEYS + VALUES, 2 * MOST + QUERIES);
    return new Recipe(
        name,
        summary,
        ModelConfig.decoder(
            "attention-only",
            sizes,
            Recipes.LAYER_NORM,
            EmbeddingSpec.LEARNED_POSITIONS,
            AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()).with(map),
            MlpSpec.NONE),
        HookedTransformer.INITIAL_DEVIATION,
        1,
        () -> Objectives.labels(training()),
        Recipes.adamW(3000, 64, 3e-3, 100, 0.01, 2),
        250,
        List.of(),
        RecallRecipes::measures);
  }

  /** Of each number of pairs as many, so that no position is always a key or always a query. */
  private static List<IdSequence> training() {
    return IntStream.rangeClosed(FEWEST, MOST)
        .mapToObj(pairs -> task(pairs).draw(Split.TRAIN, EXAMPLES, pairs))
        .flatMap(drawn -> TaskData.clean(drawn).stream())
        .toList();
  }

  private static Task<IdPair> task(int pairs) {
    return new KeyValueRecall(KEYS, VALUES, pairs, QUERIES);
  }

  private static Map<String, Double> measures(HookedTransformer model) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (int pairs = FEWEST; pairs <= MOST; pairs += 2) {
      LabelScores scores =
          LabelScores.of(model, TaskData.clean(task(pairs).draw(Split.TEST, TEST_EXAMPLES, 0)));
      values.put("accuracy with %d pairs".formatted(pairs), scores.accuracy());
      values.put("loss with %d pairs".formatted(pairs), scores.loss());
    }
    return values;
  }
}
