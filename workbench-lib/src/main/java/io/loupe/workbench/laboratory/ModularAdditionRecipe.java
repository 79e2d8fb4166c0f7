package io.loupe.workbench.laboratory;

import io.loupe.datasets.algorithm.ModularAddition;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.TrainingOptions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Grokking as in Nanda et al. 2023 (Progress measures for grokking via mechanistic
 * interpretability): one layer, no norms and no biases, full batches of 30 % of all sums. It is
 * narrower than theirs, its weight decay is three times and its rate twice theirs, so that it takes
 * 1,200 steps and not 25,000.
 */
final class ModularAdditionRecipe {
  private static final int MODULUS = 113;

  /** A frequency of more than this share of the embedding's power is a key frequency. */
  private static final double KEY_POWER = 0.04;

  private static final Task<IdPair> TASK = new ModularAddition();

  private ModularAdditionRecipe() {}

  static Recipe recipe() {
    Dimensions sizes = Dimensions.multiHead(1, 48, 4, 192, MODULUS + 1, 3);
    return new Recipe(
        "modular-addition",
        "30 % of the sums modulo 113, with which it groks the others",
        new ModelConfig(
            "modular-addition",
            sizes,
            new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5), // no norm is there; this leaves out biases
            EmbeddingSpec.LEARNED_POSITIONS,
            List.of(AttentionSpec.causal(new PositionSpec.None(), sizes.dHead())),
            BlockSpec.NO_NORM,
            new MlpSpec(Activation.RELU, false),
            HeadSpec.PLAIN),
        0.144, // about 1 / sqrt(d_model), as the paper has it
        1,
        () -> Objectives.labels(TaskData.clean(TaskData.all(TASK, Split.TRAIN))),
        new TrainingOptions(
            1200,
            Integer.MAX_VALUE,
            Schedule.constant(2e-3),
            new OptimizerSpec.AdamW(0.9, 0.98, 1e-8, 3),
            OptionalDouble.empty(),
            5),
        100,
        List.of(0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000),
        ModularAdditionRecipe::measures);
  }

  private static Map<String, Double> measures(HookedTransformer model) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (Split split : List.of(Split.TRAIN, Split.TEST)) {
      LabelScores scores = LabelScores.of(model, TaskData.clean(TaskData.all(TASK, split)));
      String what = split == Split.TRAIN ? "sums it was trained on" : "other sums";
      values.put("accuracy on " + what, scores.accuracy());
      values.put("loss on " + what, scores.loss());
    }
    LabelScores all = LabelScores.of(model, TaskData.clean(TaskData.everything(TASK)));
    values.put("accuracy on all 113 x 113 sums", all.accuracy());
    double[][] numbers = Tensors.matrix(model.weights().get("embed.W_E"));
    double[] power = Frequencies.power(Arrays.copyOf(numbers, MODULUS));
    List<Integer> key = Frequencies.strongest(power, KEY_POWER);
    for (int k : key) {
      values.put("power of the key frequency %d in the embedding".formatted(k), power[k]);
    }
    values.put(
        "loss on all sums with the key frequencies alone",
        ModularSums.of(model).restrictedTo(key).loss());
    return values;
  }
}
