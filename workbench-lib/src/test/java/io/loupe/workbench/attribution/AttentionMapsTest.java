package io.loupe.workbench.attribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rollout, flow and value zeroing. */
class AttentionMapsTest {
  private static final Tokens TOKENS =
      Tokens.masked(new long[][] {{0, 5, 9, 31, 2, 17}}, new long[][] {{0, 1, 1, 1, 1, 1}});

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void rowsSumToOneInEveryFamily(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DEFAULT);
    for (AttentionMaps maps :
        List.of(
            AttentionMaps.ofAttention(model, TOKENS, HeadMix.MEAN),
            ValueZeroing.of(model, TOKENS))) {
      assertThat(maps.layers()).hasSize(model.config().layers());
      for (double[] row : maps.rollout()) {
        assertThat(row).hasSize(5);
        assertThat(Arrays.stream(row).sum()).isCloseTo(1, within(1e-5));
        assertThat(Arrays.stream(row).min().orElseThrow()).isNotNegative();
      }
      if (model.config().causal()) {
        assertThat(maps.rollout()[1][2]).isZero();
      }
    }
  }

  @Test
  void rolloutIsTheProductOfHalfAttentionAndHalfIdentity() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    HeadSet heads = HeadSet.parse("L0H1 L0H3 L2H2");
    Tokens tokens = Tokens.of(TOKENS.row(0));
    double[][] rollout = AttentionMaps.ofAttention(model, TOKENS, HeadMix.of(heads)).rollout();
    try (Run run = model.run(tokens, Capture.of(Sites.PATTERN))) {
      double[][] a = Tensors.matrix(run.cache().get(Sites.PATTERN.at(0)).get(0, 1));
      double[][] b = Tensors.matrix(run.cache().get(Sites.PATTERN.at(0)).get(0, 3));
      double[][] c = Tensors.matrix(run.cache().get(Sites.PATTERN.at(2)).get(0, 2));
      for (int to = 0; to < 5; to++) {
        for (int from = 0; from < 5; from++) {
          double sum = 0;
          for (int by = 0; by < 5; by++) {
            double top = 0.5 * c[to][by] + (to == by ? 0.5 : 0);
            double bottom = 0.5 * (a[by][from] + b[by][from]) / 2 + (by == from ? 0.5 : 0);
            sum += top * bottom;
          }
          assertThat(rollout[to][from]).isCloseTo(sum, within(1e-12));
        }
      }
    }
  }

  /** The least cut, over all sets of nodes, of random graphs of two layers and three positions. */
  @Test
  void flowIsTheLeastCut() {
    Random random = new Random(1);
    for (int graph = 0; graph < 20; graph++) {
      List<double[][]> layers = new ArrayList<>();
      for (int layer = 0; layer < 2; layer++) {
        double[][] matrix = new double[3][3];
        for (int to = 0; to < 3; to++) {
          double sum = 0;
          for (int from = 0; from < 3; from++) {
            matrix[to][from] = random.nextInt(3) == 0 ? 0 : random.nextDouble();
            sum += matrix[to][from];
          }
          for (int from = 0; from < 3; from++) {
            matrix[to][from] = sum == 0 ? (to == from ? 1 : 0) : matrix[to][from] / sum;
          }
        }
        layers.add(matrix);
      }
      double[] flow = AttentionMaps.of(layers, List.of("a", "b", "c")).flow(-1);
      for (int from = 0; from < 3; from++) {
        assertThat(flow[from]).as("graph %s", graph).isCloseTo(cut(layers, 8, from), within(1e-9));
      }
    }
  }

  private static double cut(List<double[][]> layers, int source, int sink) {
    double least = Double.POSITIVE_INFINITY;
    for (int set = 0; set < 1 << 9; set++) {
      if ((set >> source & 1) == 0 || (set >> sink & 1) == 1) {
        continue;
      }
      double cut = 0;
      for (int layer = 0; layer < 2; layer++) {
        for (int to = 0; to < 3; to++) {
          for (int from = 0; from < 3; from++) {
            boolean leaves =
                (set >> (3 * layer + 3 + to) & 1) == 1 && (set >> (3 * layer + from) & 1) == 0;
            cut += leaves ? layers.get(layer)[to][from] : 0;
          }
        }
      }
      least = Math.min(least, cut);
    }
    return least;
  }

  /** One layer's pass again, with plain runs in which one value is set to zero. */
  @Test
  void valueZeroingByHand() {
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      AttentionMaps maps = ValueZeroing.of(model, TOKENS);
      Tokens tokens = Tokens.of(TOKENS.row(0));
      double[][] whole;
      try (Run run = model.run(tokens, Capture.at(Sites.RESID_POST.at(1)))) {
        whole = Tensors.matrix(run.cache().get(Sites.RESID_POST.at(1)).get(0));
      }
      double[][] expected = new double[5][5];
      for (int from = 0; from < 5; from++) {
        var zero = Interventions.zero(Sites.V.at(1), Slice.positions(from));
        try (Run run = model.with(zero).run(tokens, Capture.at(Sites.RESID_POST.at(1)))) {
          double[][] without = Tensors.matrix(run.cache().get(Sites.RESID_POST.at(1)).get(0));
          for (int to = 0; to < 5; to++) {
            expected[to][from] = 1 - cosine(whole[to], without[to]);
          }
        }
      }
      for (int to = 0; to < 5; to++) {
        double sum = Arrays.stream(expected[to]).sum();
        double[] row = Arrays.stream(expected[to]).map(distance -> distance / sum).toArray();
        assertThat(maps.layers().get(1)[to]).containsExactly(row, within(1e-7));
      }
      HookedTransformer edited = model.with(Interventions.scale(new Head(0, 0), 1));
      assertThat(ValueZeroing.of(edited, TOKENS).rollout()[4])
          .containsExactly(maps.rollout()[4], within(1e-9));
    }
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double x = 0;
    double y = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      x += a[i] * a[i];
      y += b[i] * b[i];
    }
    return product / Math.sqrt(x * y);
  }

  @Test
  void badRequestsAreRefused() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionMaps.ofAttention(model, TOKENS.repeat(2), HeadMix.MEAN))
        .withMessageContaining("batch of 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ValueZeroing.of(model, TOKENS.repeat(2)))
        .withMessageContaining("batch of 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AttentionMaps.ofAttention(model, TOKENS, HeadMix.of(HeadSet.parse("L3H0"))))
        .withMessageContaining("L2H3");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                AttentionMaps.of(
                    List.<double[][]>of(new double[][] {{0.5, 0.4}, {0, 1}}), List.of("a", "b")))
        .withMessageContaining("sum to one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionMaps.ofAttention(model, TOKENS, HeadMix.MEAN).flow(5))
        .withMessageContaining("0 to 4");
  }
}
