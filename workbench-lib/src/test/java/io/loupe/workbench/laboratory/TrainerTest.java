package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.BatchesOf;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
  private static final Tokens CORPUS = TinyTraining.tokens(12);

  static Stream<String> shapes() {
    return TinyTraining.configs().keySet().stream();
  }

  static ModelObjective objective(String shape) {
    return shape.equals("bidirectional")
        ? Objectives.maskedToken(CORPUS, 10, 0.3, 1)
        : Objectives.nextToken(CORPUS);
  }

  /** Each weight is moved a little up and down, and the loss of a plain run is compared. */
  @ParameterizedTest
  @MethodSource("shapes")
  void gradientsOfWeightsAreThoseOfFiniteDifferences(String shape) {
    HookedTransformer model = wide(shape);
    ModelObjective objective = objective(shape);
    TrainingBatch batch = objective.batch(0, new int[] {0, 1, 2, 3, 4});
    Map<String, double[]> gradients = gradients(model, objective, batch);
    Random random = new Random(1);
    for (String name : model.weights().names()) {
      NDArray weight = model.weights().get(name);
      for (int probe = 0; probe < 3; probe++) {
        int index = random.nextInt((int) weight.size());
        double slope =
            (moved(model, batch, name, index, 1e-5) - moved(model, batch, name, index, -1e-5))
                / 2e-5;
        assertThat(gradients.get(name)[index])
            .as("%s[%d]", name, index)
            .isCloseTo(slope, within(1e-7));
      }
    }
  }

  /** With weights ten times as large as those that training begins with, nothing is near zero. */
  private static HookedTransformer wide(String shape) {
    HookedTransformer small =
        HookedTransformer.random(TinyTraining.configs().get(shape), 3, TinyTraining.WIDE);
    Random random = new Random(2);
    return changed(
        small,
        (name, values) -> {
          for (int i = 0; i < values.length; i++) {
            values[i] += 0.3 * random.nextGaussian();
          }
        });
  }

  private interface Change {
    void of(String name, double[] values);
  }

  private static HookedTransformer changed(HookedTransformer model, Change change) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    NDManager manager = NativeMemory.reachable(model.device());
    for (String name : model.weights().names()) {
      double[] values = Tensors.doubles(model.weights().get(name));
      change.of(name, values);
      weights.put(name, manager.create(values, model.weights().get(name).getShape()));
    }
    return model.withWeights("changed", new Weights(weights));
  }

  private static Map<String, double[]> gradients(
      HookedTransformer model, ModelObjective objective, TrainingBatch batch) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    try (NDManager scope = Engines.newRecordingManager(model.device());
        GradientCollector collector = Engines.pytorch().newGradientCollector()) {
      Map<String, NDArray> leaves = new LinkedHashMap<>();
      for (String name : model.weights().names()) {
        NDArray leaf = model.weights().get(name).stopGradient();
        leaf.attach(scope);
        leaf.setRequiresGradient(true);
        leaves.put(name, leaf);
      }
      NDArray logits =
          model.recorded(new Weights(leaves), batch.tokens(), Set.of(), scope).logits();
      collector.backward(objective.loss(logits, batch));
      leaves.forEach((name, leaf) -> gradients.put(name, Tensors.doubles(leaf.getGradient())));
    }
    return gradients;
  }

  private static double moved(
      HookedTransformer model, TrainingBatch batch, String name, int index, double by) {
    return byHand(
        changed(
            model,
            (other, values) -> {
              if (other.equals(name)) {
                values[index] += by;
              }
            }),
        batch);
  }

  /** The mean of -log softmax at the targets, from the logits of a plain run. */
  static double byHand(HookedTransformer model, TrainingBatch batch) {
    double sum = 0;
    int count = 0;
    try (Run run = model.run(batch.tokens())) {
      double[] logits = Tensors.doubles(run.logits());
      int vocab = model.config().vocab();
      int cell = 0;
      for (int[] row : batch.targets()) {
        for (int target : row) {
          if (target >= 0) {
            double total = 0;
            for (int id = 0; id < vocab; id++) {
              total += Math.exp(logits[cell * vocab + id]);
            }
            sum += Math.log(total) - logits[cell * vocab + target];
            count++;
          }
          cell++;
        }
      }
    }
    return sum / count;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void theFirstLossIsThatOfAPlainRunAndTrainingLowersIt(String shape) throws IOException {
    HookedTransformer model = TinyTraining.model(shape);
    ModelObjective objective = objective(shape);
    Map<String, double[]> before = values(model);
    TrainingOptions options = TinyTraining.options(60);
    TrainedModel trained = Trainer.of(model, objective, options).train();
    int[] first = new BatchesOf(12, options).at(0);
    assertThat(trained.curve().total()[0])
        .isCloseTo(byHand(model, objective.batch(0, first)), within(1e-5));
    int[] all = IntStream.range(0, 12).toArray();
    assertThat(byHand(trained.model(), objective.batch(0, all)))
        .isLessThan(byHand(model, objective.batch(0, all)) - 0.2);
    assertThat(values(model)).as("the model given").usingRecursiveComparison().isEqualTo(before);
  }

  static Map<String, double[]> values(HookedTransformer model) {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (String name : model.weights().names()) {
      values.put(name, Tensors.doubles(model.weights().get(name)));
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void theSameSeedGivesTheSameBytes(String shape) throws IOException {
    for (OptimizerSpec spec :
        new OptimizerSpec[] {
          OptimizerSpec.ADAM, OptimizerSpec.adamW(0.1), OptimizerSpec.sgd(0.9)
        }) {
      Trainer trainer =
          Trainer.of(
              TinyTraining.model(shape), objective(shape), TinyTraining.options(8).with(spec));
      TrainedModel first = trainer.train();
      TrainedModel second = trainer.train();
      assertThat(values(second.model()))
          .usingRecursiveComparison()
          .isEqualTo(values(first.model()));
      assertThat(second.curve().total()).containsExactly(first.curve().total());
    }
  }

  @Test
  void frozenParametersStayAsTheyWere() throws IOException {
    HookedTransformer model = TinyTraining.model("gpt2");
    TrainedModel trained =
        Trainer.of(model, objective("gpt2"), TinyTraining.options(8))
            .frozen("embed.*", "blocks.0.*.W_*")
            .train();
    Map<String, double[]> before = values(model);
    values(trained.model())
        .forEach(
            (name, after) -> {
              boolean frozen =
                  name.equals("embed.W_E") || name.matches("blocks\\.0\\.(attn|mlp)\\.W_.*");
              assertThat(Arrays.equals(after, before.get(name))).as(name).isEqualTo(frozen);
            });
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Trainer.of(model, objective("gpt2"), TinyTraining.options(8)).frozen("x.*"))
        .withMessageContaining("'x.*'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.of(model, objective("gpt2"), TinyTraining.options(8)).frozen("*"))
        .withMessageContaining("nothing to train");
  }

  /**
   * A head that is ablated in training learns nothing; with the rest of the model it is another.
   */
  @Test
  void interventionsActInTraining() throws IOException {
    HookedTransformer model =
        TinyTraining.model("gpt2").with(Interventions.zero(Sites.ATTN_OUT.at(1)));
    TrainedModel trained =
        Trainer.of(model, objective("gpt2"), TinyTraining.options(8).with(OptimizerSpec.ADAM))
            .train();
    Map<String, double[]> before = values(model);
    Map<String, double[]> after = values(trained.model());
    assertThat(after.get("blocks.1.attn.W_V")).containsExactly(before.get("blocks.1.attn.W_V"));
    assertThat(after.get("blocks.1.attn.W_O")).containsExactly(before.get("blocks.1.attn.W_O"));
    assertThat(after.get("blocks.0.attn.W_O")).isNotEqualTo(before.get("blocks.0.attn.W_O"));
    assertThat(trained.model().interventions()).isEqualTo(model.interventions());
  }

  /** What stands before an edit learns through it. */
  @Test
  void gradientsFlowThroughInterventions() throws IOException {
    HookedTransformer model =
        TinyTraining.model("attention only").with(Interventions.scale(Sites.RESID_PRE.at(0), 0.5));
    TrainedModel trained =
        Trainer.of(model, objective("gpt2"), TinyTraining.options(3).with(OptimizerSpec.ADAM))
            .train();
    assertThat(values(trained.model()).get("embed.W_E"))
        .isNotEqualTo(values(model).get("embed.W_E"));
  }

  /** The penalty wants the first layer's heads to look at the token itself. */
  @Test
  void aPenaltyOnPatternsMovesThem() throws IOException {
    HookedTransformer model = TinyTraining.model("attention only");
    Trainer plain = Trainer.of(model, objective("gpt2"), TinyTraining.options(60));
    Penalty diagonal =
        new Penalty(
            "diagonal",
            2,
            Set.of(Sites.PATTERN.at(0)),
            (pass, batch) -> {
              NDArray pattern = pass.at(Sites.PATTERN.at(0));
              NDArray eye = pattern.getManager().eye((int) pattern.getShape().get(2));
              return pattern.mul(eye).sum(new int[] {3}).sub(1).square().mean();
            });
    TrainedModel without = plain.train();
    TrainedModel with = plain.penalised(diagonal).train();
    assertThat(diagonal(with.model())).isGreaterThan(diagonal(without.model()) + 0.2);
    assertThat(with.curve().losses()).containsOnlyKeys("next token", "diagonal");
    assertThat(with.curve().losses().get("next token").get(0))
        .isEqualTo(without.curve().losses().get("next token").get(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plain.penalised(diagonal).penalised(diagonal))
        .withMessageContaining("'diagonal'");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                plain.penalised(
                    new Penalty(
                        "neurons",
                        1,
                        Set.of(Sites.MLP_POST.at(0)),
                        (pass, batch) -> pass.at(Sites.MLP_POST.at(0)).square().mean())))
        .withMessageContaining("it has no MLPs");
  }

  private static double diagonal(HookedTransformer model) {
    Tokens tokens = Tokens.of(new long[] {1, 2, 3, 4, 5, 6});
    try (Run run = model.runWithCache(tokens)) {
      double[] pattern = Tensors.doubles(run.cache().get(Sites.PATTERN.at(0)));
      double sum = 0;
      for (int head = 0; head < 2; head++) {
        for (int i = 1; i < 6; i++) {
          sum += pattern[(head * 6 + i) * 6 + i];
        }
      }
      return sum / 10;
    }
  }

  @Test
  void badCallsAreRefusedBeforeTheFirstStep() {
    HookedTransformer causal = TinyTraining.model("gpt2");
    HookedTransformer both = TinyTraining.model("bidirectional");
    TrainingOptions options = TinyTraining.options(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.of(both, Objectives.nextToken(CORPUS), options))
        .withMessageContaining("Objectives.maskedToken");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.of(causal, Objectives.maskedToken(CORPUS, 10, 0.3, 1), options))
        .withMessageContaining("Objectives.nextToken");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.of(both, Objectives.maskedToken(CORPUS, 11, 0.3, 1), options))
        .withMessageContaining("id 11");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.of(causal, Objectives.nextToken(Tokens.of(new long[9])), options))
        .withMessageContaining("context is 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.of(causal.folded(), Objectives.nextToken(CORPUS), options));
  }
}
