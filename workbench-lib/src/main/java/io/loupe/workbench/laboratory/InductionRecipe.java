package io.loupe.workbench.laboratory;

import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Blocks of random tokens, repeated to the end. Their length and tokens are drawn anew each time,
 * so that no fixed distance leads to the answer, nor does leaving out what was said already: only
 * matching tokens does.
 */
final class InductionRecipe {
  private static final int VOCABULARY = 64;
  private static final int LENGTH = 64;
  private static final int EXAMPLES = 40_000;
  private static final int TEST_EXAMPLES = 500;
  private static final int TEST_HALF = 24;

  private InductionRecipe() {}

  static Recipe recipe() {
    Dimensions sizes = Dimensions.multiHead(2, 64, 4, 0, VOCABULARY, LENGTH);
    return new Recipe(
        "induction-2l",
        "blocks of random tokens that are repeated: previous-token and induction heads",
        ModelConfig.decoder(
            "attention-only",
            sizes,
            Recipes.LAYER_NORM,
            EmbeddingSpec.LEARNED_POSITIONS,
            AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()),
            MlpSpec.NONE),
        HookedTransformer.INITIAL_DEVIATION,
        1,
        () -> Objectives.labels(repeatedBlocks(1)),
        Recipes.adamW(1500, 32, 3e-3, 100, 0.01, 2),
        50,
        List.of(),
        InductionRecipe::measures);
  }

  private static Map<String, Double> measures(HookedTransformer model) {
    List<IdPair> test =
        new RepeatedTokens(0, VOCABULARY, TEST_HALF).draw(Split.TEST, TEST_EXAMPLES, 0);
    Tokens tokens = HeadScores.tokens(test);
    LabelScores scores = LabelScores.of(model, TaskData.clean(test));
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("accuracy", scores.accuracy());
    values.put("loss", scores.loss());
    values.put(
        "best previous-token head", HeadScores.best(HeadScores.previousToken(model, tokens)));
    values.put("best induction head", HeadScores.best(HeadScores.induction(model, tokens)));
    return values;
  }

  private static List<IdSequence> repeatedBlocks(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<IdSequence> sequences = new ArrayList<>();
    for (int i = 0; i < EXAMPLES; i++) {
      int block = random.nextInt(LENGTH / 8, LENGTH / 2 + 1);
      List<Integer> ids = new ArrayList<>();
      List<IdSequence.Label> labels = new ArrayList<>();
      for (int position = 0; position < LENGTH; position++) {
        ids.add(position < block ? random.nextInt(VOCABULARY) : ids.get(position - block));
        if (position > block) {
          labels.add(new IdSequence.Label(position - 1, ids.get(position)));
        }
      }
      sequences.add(new IdSequence(ids, labels, List.of()));
    }
    return sequences;
  }
}
