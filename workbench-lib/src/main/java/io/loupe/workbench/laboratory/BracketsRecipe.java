package io.loupe.workbench.laboratory;

import io.loupe.datasets.algorithm.Brackets;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A classifier as in McDougall and Nanda 2023 (ARENA): bidirectional, three layers of two heads;
 * the class is read at the first token.
 */
final class BracketsRecipe {
  private static final int PAIRS = 10;
  private static final int LAYERS = 3;
  private static final int EXAMPLES = 6000;
  private static final int TEST_EXAMPLES = 500;
  private static final int SHUFFLED = 2000;

  /** Larger than GPT-2's, with whose weights it stays at guessing for thousands of steps. */
  private static final double DEVIATION = 0.15;

  private BracketsRecipe() {}

  static Recipe recipe() {
    Dimensions sizes = Dimensions.multiHead(LAYERS, 32, 2, 64, 4, 2 * PAIRS + 2);
    return new Recipe(
        "brackets",
        "brackets that are balanced or not, which it tells: a bidirectional classifier",
        new ModelConfig(
            "brackets",
            sizes,
            Recipes.LAYER_NORM,
            EmbeddingSpec.LEARNED_POSITIONS,
            Collections.nCopies(
                LAYERS,
                AttentionSpec.causal(new PositionSpec.None(), sizes.dHead())
                    .with(MaskSpec.BIDIRECTIONAL)),
            BlockSpec.PRE_NORM,
            new MlpSpec(Activation.RELU, false),
            HeadSpec.NORMED),
        DEVIATION,
        1,
        () -> {
          List<IdPair> pairs = new ArrayList<>(draw(Brackets.Corruption.COUNT, Split.TRAIN, 1));
          pairs.addAll(draw(Brackets.Corruption.ORDER, Split.TRAIN, 2));
          return Objectives.labelsOfBoth(pairs);
        },
        Recipes.adamW(2000, 64, 3e-3, 100, 0.01, 3),
        250,
        List.of(),
        BracketsRecipe::measures);
  }

  private static List<IdPair> draw(Brackets.Corruption corruption, Split split, long seed) {
    int count = split == Split.TRAIN ? EXAMPLES : TEST_EXAMPLES;
    return new Brackets(PAIRS, corruption).draw(split, count, seed);
  }

  private static Map<String, Double> measures(HookedTransformer model) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (Brackets.Corruption corruption : Brackets.Corruption.values()) {
      LabelScores scores = LabelScores.of(model, TaskData.both(draw(corruption, Split.TEST, 0)));
      String changed = corruption.name().toLowerCase(Locale.ROOT);
      values.put("accuracy, corrupted in " + changed, scores.accuracy());
      values.put("loss, corrupted in " + changed, scores.loss());
    }
    LabelScores shuffled = LabelScores.of(model, shuffled(new SplittableRandom(0)));
    values.put("accuracy on shuffled brackets, as many of each", shuffled.accuracy());
    return values;
  }

  /** Most of them go wrong somewhere, and far from any sequence that it was trained on. */
  private static List<IdSequence> shuffled(SplittableRandom random) {
    List<IdSequence> sequences = new ArrayList<>();
    for (int i = 0; i < SHUFFLED; i++) {
      List<Integer> ids = new ArrayList<>(List.of(Brackets.START));
      int open = PAIRS;
      for (int left = 2 * PAIRS; left > 0; left--) {
        boolean opens = random.nextInt(left) < open;
        ids.add(opens ? Brackets.OPEN : Brackets.CLOSE);
        open -= opens ? 1 : 0;
      }
      int label = Brackets.isBalanced(ids.subList(1, ids.size())) ? 1 : 0;
      ids.add(Brackets.END);
      sequences.add(new IdSequence(ids, List.of(new IdSequence.Label(0, label)), List.of()));
    }
    return sequences;
  }
}
