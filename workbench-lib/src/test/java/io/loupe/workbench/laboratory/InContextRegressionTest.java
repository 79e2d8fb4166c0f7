package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.datasets.algorithm.LinearRegression;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.VectorPair;
import io.loupe.datasets.task.VectorSequence;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InContextRegressionTest {
  private static final int D = 3;
  private static final int POINTS = 6;
  private static final int WIDTH = 8;
  private static final double RATE = 0.5;

  private final List<VectorSequence> sequences = draw(20, 0);

  private static List<VectorSequence> draw(int count, double noise) {
    return new LinearRegression(D, POINTS, noise)
        .draw(Split.TRAIN, count, 1).stream().map(VectorPair::clean).toList();
  }

  private static ModelConfig config() {
    AttentionSpec attention =
        AttentionSpec.causal(new PositionSpec.None(), WIDTH)
            .with(AttentionSpec.ScoreMap.IDENTITY)
            .scaledBy(RATE / POINTS);
    return new ModelConfig(
        "linear",
        new Dimensions(1, WIDTH, 1, 1, WIDTH, 0, 2, POINTS + 1),
        new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5),
        EmbeddingSpec.TOKENS,
        List.of(attention),
        BlockSpec.NO_NORM,
        MlpSpec.NONE,
        HeadSpec.PLAIN);
  }

  /** Queries and keys read the point, values the value; it is written to where it is read from. */
  private static HookedTransformer oneStep() {
    HookedTransformer random = HookedTransformer.random(config(), 1, LoadOptions.DOUBLE);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    NDManager manager = random.weights().get("embed.W_E").getManager();
    for (String name : random.weights().names()) {
      Shape shape = random.weights().get(name).getShape();
      double[] values = new double[(int) shape.size()];
      if (name.endsWith("W_Q") || name.endsWith("W_K")) {
        for (int d = 0; d < D; d++) {
          values[d * WIDTH + d] = 1;
        }
      } else if (name.endsWith("W_V") || name.endsWith("W_O") || name.equals("unembed.W_U")) {
        int row = name.equals("unembed.W_U") ? 0 : D;
        values[row * WIDTH + D] = 1;
      }
      weights.put(name, manager.create(values, shape));
    }
    return HookedTransformer.of("one step", config(), new Weights(weights));
  }

  /** Linear attention can take a step of gradient descent (von Oswald et al. 2023), exactly. */
  @Test
  void aModelWhoseWeightsAreAStepOfGradientDescentSaysWhatThatSays() {
    assertThat(InContextRegression.predictions(oneStep(), sequences))
        .containsExactly(InContextRegression.gradientDescent(sequences, 1, RATE), within(1e-12));
  }

  @Test
  void oneStepFromZeroIsAMeanOfValuesTimesProducts() {
    VectorSequence one = sequences.get(0);
    double expected = 0;
    for (int i = 0; i < POINTS; i++) {
      double product = 0;
      for (int d = 0; d < D; d++) {
        product += one.inputs()[i][d] * one.inputs()[POINTS][d];
      }
      expected += RATE * one.outputs()[i] * product / POINTS;
    }
    assertThat(InContextRegression.gradientDescent(List.of(one), 1, RATE)[0])
        .isEqualTo(expected, within(1e-12));
    assertThat(InContextRegression.gradientDescent(List.of(one), 0, RATE)).containsExactly(0);
  }

  @Test
  void leastSquaresFindsTheFunctionAndIsWhereDescentEnds() {
    double[] exact = sequences.stream().mapToDouble(VectorSequence::answer).toArray();
    assertThat(InContextRegression.leastSquares(sequences)).containsExactly(exact, within(1e-9));
    assertThat(
            InContextRegression.squaredErrors(
                sequences, InContextRegression.leastSquares(sequences)))
        .containsExactly(new double[20], within(1e-15));
    List<VectorSequence> noisy = draw(10, 0.5);
    assertThat(InContextRegression.gradientDescent(noisy, 5000, 0.3))
        .containsExactly(InContextRegression.leastSquares(noisy), within(1e-3));
  }

  @Test
  void pointsAndValuesAreAddedToTheEmbedding() {
    HookedTransformer model = HookedTransformer.random(config(), 1, LoadOptions.DOUBLE);
    double[] embedding = Tensors.doubles(model.weights().get("embed.W_E"));
    HookedTransformer reading = model.with(InContextRegression.inputs(sequences, WIDTH));
    double[] seen =
        Tensors.doubles(
            reading
                .run(InContextRegression.tokens(sequences), Capture.of(Sites.EMBED))
                .cache()
                .get(Sites.EMBED.here()));
    int at = 0;
    for (VectorSequence sequence : sequences) {
      for (int i = 0; i <= POINTS; i++) {
        for (int d = 0; d < WIDTH; d++) {
          double given = d < D ? sequence.inputs()[i][d] : d == D ? sequence.outputs()[i] : 0;
          double hidden = i == POINTS && d == D ? 0 : given; // the value that is asked for
          int token = i == POINTS ? 1 : 0;
          assertThat(seen[at++]).isEqualTo(embedding[token * WIDTH + d] + hidden, within(1e-12));
        }
      }
    }
  }

  @Test
  void theLossIsTheMeanSquaredErrorOfThePredictions() {
    HookedTransformer model = HookedTransformer.random(config(), 0.4, 1, LoadOptions.DOUBLE);
    ModelObjective objective = Objectives.regression(sequences, WIDTH);
    TrainingBatch batch = objective.batch(0, new int[] {3, 0, 7});
    List<VectorSequence> some = List.of(sequences.get(3), sequences.get(0), sequences.get(7));
    double expected =
        Arrays.stream(
                InContextRegression.squaredErrors(
                    some, InContextRegression.predictions(model, some)))
            .average()
            .orElseThrow();
    NDArray logits = model.with(batch.inputs()).run(batch.tokens()).logits();
    assertThat(Tensors.doubles(objective.loss(logits, batch))[0])
        .isEqualTo(expected, within(1e-12));
  }

  @Test
  void trainingGoesDownhillToTheStepThatItCanTake() throws IOException {
    HookedTransformer model = HookedTransformer.random(config(), 0.3, 1, LoadOptions.DEFAULT);
    List<VectorSequence> many = draw(2000, 0);
    TrainedModel trained =
        Trainer.of(
                model, Objectives.regression(many, WIDTH), TrainingOptions.adam(300, 50, 0.01, 1))
            .train();
    List<VectorSequence> test =
        new LinearRegression(D, POINTS, 0)
            .draw(Split.TEST, 300, 1).stream().map(VectorPair::clean).toList();
    double zero = error(test, new double[test.size()]);
    double one = error(test, InContextRegression.gradientDescent(test, 1, 0.7));
    double said = error(test, InContextRegression.predictions(trained.model(), test));
    assertThat(one).isLessThan(0.7 * zero);
    assertThat(said).isLessThan(0.5 * (zero + one));
  }

  private static double error(List<VectorSequence> test, double[] said) {
    return Arrays.stream(InContextRegression.squaredErrors(test, said)).average().orElseThrow();
  }

  @Test
  void otherDataIsAnotherTraining() {
    ModelObjective one = Objectives.regression(sequences, WIDTH);
    assertThat(one.sha256()).isEqualTo(Objectives.regression(draw(20, 0), WIDTH).sha256());
    assertThat(one.sha256()).isNotEqualTo(Objectives.regression(draw(20, 0.1), WIDTH).sha256());
    assertThat(one).hasToString("squared error of the last of 7 points, 20 examples");
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnyStep() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Objectives.regression(sequences, D))
        .withMessage("Points of 3 dimensions and their values need a d_model of 4 or more; got 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Objectives.regression(List.of(), WIDTH))
        .withMessage("Expected at least one sequence; got none");
    List<VectorSequence> longer =
        new LinearRegression(D, 9, 0)
            .draw(Split.TRAIN, 1, 1).stream().map(VectorPair::clean).toList();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> InContextRegression.tokens(List.of(sequences.get(0), longer.get(0))))
        .withMessage("Expected sequences of one length; got 7 and 10 points");
    HookedTransformer model = HookedTransformer.random(config(), 1, LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Trainer.of(
                    model,
                    Objectives.regression(longer, WIDTH),
                    TrainingOptions.adam(1, 1, 0.1, 1)))
        .withMessage("The examples have 10 points; the model's context is 7");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Trainer.of(
                    model,
                    Objectives.regression(sequences, WIDTH + 1),
                    TrainingOptions.adam(1, 1, 0.1, 1)))
        .withMessage("The objective was made for a d_model of 9; the model's is 8");
  }
}
