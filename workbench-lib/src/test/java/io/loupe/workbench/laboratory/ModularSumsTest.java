package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.algorithm.ModularAddition;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
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
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModularSumsTest {
  private static final int P = 7;
  private final HookedTransformer model = random();
  private final ModularSums sums = ModularSums.of(model);
  private final List<IdSequence> all = everySum();

  private static HookedTransformer random() {
    Dimensions sizes = Dimensions.multiHead(1, 8, 2, 16, P + 1, 3);
    ModelConfig config =
        new ModelConfig(
            "sums",
            sizes,
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.LEARNED_POSITIONS,
            List.of(AttentionSpec.causal(new PositionSpec.None(), sizes.dHead())),
            BlockSpec.NO_NORM,
            new MlpSpec(Activation.RELU, false),
            HeadSpec.PLAIN);
    return HookedTransformer.random(config, 0.8, 1, LoadOptions.DEFAULT);
  }

  private static List<IdSequence> everySum() {
    ModularAddition task = new ModularAddition(P, new SplitShares(0.3, 0.1));
    return Stream.of(Split.values())
        .flatMap(split -> task.draw(split, task.size(split).intValueExact(), 0).stream())
        .map(IdPair::clean)
        .toList();
  }

  @Test
  void lossAndAccuracyAreThoseOfTheLabels() {
    LabelScores scores = LabelScores.of(model, all);
    assertThat(all).hasSize(P * P);
    assertThat(sums.loss()).isEqualTo(scores.loss(), within(1e-6));
    assertThat(sums.loss(all)).isEqualTo(scores.loss(), within(1e-6));
    assertThat(sums.accuracy()).isEqualTo(scores.accuracy(), within(1e-12));
    assertThat(sums.loss(all.subList(3, 8)))
        .isEqualTo(LabelScores.of(model, all.subList(3, 8)).loss(), within(1e-6));
    assertThat(sums.modulus()).isEqualTo(P);
  }

  /** Mean and parts of all frequencies make up what depends on a + b; the rest is what does not. */
  @Test
  void whatIsKeptAndWhatIsTakenOutMakeUpTheWhole() {
    List<Integer> every = List.of(1, 2, 3);
    assertThat(sums.restrictedTo(every).power()).satisfies(power -> isOne(sum(power)));
    assertThat(sum(sums.without(every).power())).isEqualTo(0, within(1e-12));
    assertThat(sums.restrictedTo(every).restrictedTo(List.of(2)).loss())
        .isEqualTo(sums.restrictedTo(List.of(2)).loss(), within(1e-12));
    assertThat(sums.without(List.of(2)).without(List.of(1, 3)).loss())
        .isEqualTo(sums.without(every).loss(), within(1e-9));
    assertThat(sums.restrictedTo(List.of(2)).power()[2]).isEqualTo(1, within(1e-9));
    assertThat(sums.without(List.of(2)).power()[2]).isEqualTo(0, within(1e-12));
    assertThat(sums.restrictedTo(List.of()).loss()).isGreaterThan(Math.log(P) - 1);
  }

  /** Coefficients by projection on cos and sin of 2 pi k (a + b) / p, over all a and b. */
  @Test
  void powerIsThatOfTheWavesOfTheSum() {
    double[] power = sums.power();
    double[][] logits = new double[P * P][];
    for (int a = 0; a < P; a++) {
      for (int b = 0; b < P; b++) {
        long[] ids = {a, b, P};
        try (Run run = model.run(Tokens.of(ids))) {
          logits[a * P + b] = Tensors.doubles(run.logits().get(0, 2));
        }
      }
    }
    double variance = 0;
    for (int id = 0; id <= P; id++) {
      double mean = column(logits, id).average().orElseThrow();
      variance += column(logits, id).map(x -> (x - mean) * (x - mean)).sum();
    }
    for (int k = 1; k <= P / 2; k++) {
      double squares = 0;
      for (int id = 0; id <= P; id++) {
        double cos = 0;
        double sin = 0;
        for (int i = 0; i < P * P; i++) {
          double angle = 2 * Math.PI * k * (i / P + i % P) / P;
          cos += logits[i][id] * Math.cos(angle);
          sin += logits[i][id] * Math.sin(angle);
        }
        squares += (cos * cos + sin * sin) * 2 / (P * P);
      }
      assertThat(power[k]).isEqualTo(squares / variance, within(1e-6));
    }
  }

  private static DoubleStream column(double[][] rows, int column) {
    return Arrays.stream(rows).mapToDouble(row -> row[column]);
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 7, 113})
  void powerFindsWavesAndIgnoresTheMean(int n) {
    double[][] rows = new double[n][];
    for (int x = 0; x < n; x++) {
      double two = 2 * Math.PI * 2 * x / n;
      double one = 2 * Math.PI * x / n;
      rows[x] = new double[] {5 + 3 * Math.cos(two + 0.3), Math.sin(one), 7};
    }
    double[] power = Frequencies.power(rows);
    assertThat(power).hasSize(n / 2 + 1);
    assertThat(power[2]).isEqualTo(0.9, within(1e-12));
    assertThat(power[1]).isEqualTo(0.1, within(1e-12));
    isOne(sum(power));
    assertThat(Frequencies.strongest(power, 0.05)).containsExactly(2, 1);
    assertThat(Frequencies.strongest(power, 0.2)).containsExactly(2);
  }

  /** At n / 2 a wave has no phase: what alternates is there, and the basis is complete. */
  @ParameterizedTest
  @ValueSource(ints = {6, 7})
  void allFrequenciesTogetherAreTheRowsLessTheirMean(int n) {
    double[][] rows = new double[n][2];
    SplittableRandom random = new SplittableRandom(1);
    for (double[] row : rows) {
      Arrays.setAll(row, i -> random.nextDouble());
    }
    double[][] part = Frequencies.part(rows, IntStream.rangeClosed(1, n / 2).boxed().toList());
    for (int column = 0; column < 2; column++) {
      double mean = column(rows, column).average().orElseThrow();
      for (int x = 0; x < n; x++) {
        assertThat(part[x][column]).isEqualTo(rows[x][column] - mean, within(1e-12));
      }
    }
  }

  @Test
  void otherModelsAndFrequenciesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sums.without(List.of(4)))
        .withMessage("Expected frequencies of 1 to 3; got [4]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Frequencies.strongest(new double[3], 0))
        .withMessage("Expected a share above 0, up to 1; got 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Frequencies.power(new double[1][4]))
        .withMessage("Expected two rows or more; got 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sums.loss(List.of()))
        .withMessage("Expected at least one sum; got none");
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  private static void isOne(double value) {
    assertThat(value).isEqualTo(1, within(1e-9));
  }
}
