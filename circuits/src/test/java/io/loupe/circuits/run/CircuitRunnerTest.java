package io.loupe.circuits.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.testing.NaiveCircuit;
import io.loupe.circuits.testing.Sums;
import io.loupe.workbench.metric.LastTokenMetric;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Circuits run in stacked copies against the explicit sum of every input's edges, in float64. */
class CircuitRunnerTest {
  private static final double TOLERANCE = 1e-9;
  private static final Tokens CLEAN =
      Tokens.of(new long[] {11, 12, 13, 14, 5}, new long[] {9, 8, 7, 6, 5});
  private static final Tokens CORRUPTED =
      Tokens.of(new long[] {11, 22, 13, 24, 5}, new long[] {9, 5, 4, 3, 5});
  private static final Metric LAST = Metrics.logitDifference(7, 9);
  private static final Metric EVERYWHERE =
      (logits, tokens) -> logits.get(":, :, 7").sum(new int[] {1});

  static Stream<String> checkpoints() {
    return Sums.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void circuitsEqualTheExplicitSumsOfEdges(String name) throws IOException {
    ModelGraph graph = Sums.graph(name);
    List<Circuit> circuits =
        List.of(
            random(graph, 0.5, 1),
            random(graph, 0.1, 2),
            late(graph, 4),
            graph.full().without(graph.size() - 2));
    for (Metric metric : List.of(LAST, EVERYWHERE)) {
      Examples examples = Examples.of(new Batch(CLEAN, CORRUPTED, metric));
      CircuitRuns runs = CircuitRunner.of(graph, examples, StandIn.RESAMPLE).run(circuits);
      NaiveCircuit naive = new NaiveCircuit(graph, CLEAN, CORRUPTED);
      List<NDArray> replaced = naive.resampled();
      for (int i = metric == LAST ? 0 : 2; i < circuits.size(); i++) {
        Circuit circuit = circuits.get(i);
        assertThat(runs.of(i))
            .as("circuit %d", i)
            .containsExactly(
                naive.metric(e -> circuit.contains(e) ? 1 : 0, replaced, metric),
                within(TOLERANCE));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void standInsOfEveryKindEqualTheExplicitOnes(String name) throws IOException {
    ModelGraph graph = Sums.graph(name);
    Circuit circuit = random(graph, 0.3, 7);
    Examples examples = Examples.of(new Batch(CLEAN, CORRUPTED, LAST));
    NaiveCircuit naive = new NaiveCircuit(graph, CLEAN, CORRUPTED);
    for (StandIn standIn : StandIn.values()) {
      List<NDArray> replaced =
          switch (standIn) {
            case RESAMPLE -> naive.resampled();
            case ZERO -> naive.zeros();
            case MEAN -> naive.means(false);
            case POSITIONAL_MEAN -> naive.means(true);
          };
      CircuitRuns runs = CircuitRunner.of(graph, examples, standIn).run(circuit);
      assertThat(runs.of(0))
          .as("%s", standIn)
          .containsExactly(
              naive.metric(e -> circuit.contains(e) ? 1 : 0, replaced, LAST), within(TOLERANCE));
      assertThat(runs.replaced())
          .as("no edges, %s", standIn)
          .containsExactly(naive.metric(e -> 0, replaced, LAST), within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void noEdgesAreTheCorruptedRunAndAllTheCleanOne(String name) throws IOException {
    ModelGraph graph = Sums.graph(name);
    Examples examples = Examples.of(new Batch(CLEAN, CORRUPTED, LAST));
    CircuitRuns runs =
        CircuitRunner.of(graph, examples, StandIn.RESAMPLE)
            .run(List.of(graph.empty(), graph.full()));
    assertThat(runs.of(0))
        .containsExactly(LAST.perExample(graph.model().run(CORRUPTED)), within(1e-9));
    assertThat(runs.of(1)).containsExactly(LAST.perExample(graph.model().run(CLEAN)), within(1e-9));
    assertThat(runs.replaced()).isEqualTo(runs.of(0));
    assertThat(runs.clean()).isEqualTo(runs.of(1));
  }

  @Test
  void paddingAndBatchesMakeNoDifference() {
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      ModelGraph graph = ModelGraph.of(model);
      long[][] clean = {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10}, {3, 1, 4, 1, 5}};
      long[][] corrupted = {{1, 2, 30, 4, 5, 6}, {70, 8, 9, 10}, {3, 1, 40, 1, 5}};
      LastTokenMetric metric = (last, tokens) -> last.get(":, 7").sub(last.get(":, 9"));
      Circuit circuit = random(graph, 0.4, 5);
      double[] single = new double[3];
      for (int row = 0; row < 3; row++) {
        Batch one = new Batch(Tokens.of(clean[row]), Tokens.of(corrupted[row]), metric);
        single[row] =
            CircuitRunner.of(graph, Examples.of(one), StandIn.RESAMPLE).run(circuit).of(0)[0];
      }
      for (Tokens.Padding side : Tokens.Padding.values()) {
        Batch padded =
            new Batch(Tokens.padded(side, clean), Tokens.padded(side, corrupted), metric);
        Examples both =
            Examples.of(padded, new Batch(Tokens.of(clean[1]), Tokens.of(corrupted[1]), metric));
        double[] values = CircuitRunner.of(graph, both, StandIn.RESAMPLE).run(circuit).of(0);
        assertThat(values)
            .containsExactly(
                new double[] {single[0], single[1], single[2], single[1]}, within(TOLERANCE));
      }
    }
  }

  @Test
  void meansLeavePaddingOutAndGoOverAllBatches() {
    ModelGraph graph = ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE));
    long[][] clean = {{1, 2, 3, 4, 5}, {7, 8, 9}};
    long[][] corrupted = {{1, 2, 30, 4, 5}, {70, 8, 9}};
    Circuit circuit = random(graph, 0.4, 5);
    Batch padded =
        new Batch(
            Tokens.padded(Tokens.Padding.LEFT, clean),
            Tokens.padded(Tokens.Padding.LEFT, corrupted),
            LAST);
    Batch first = new Batch(Tokens.of(clean[0]), Tokens.of(corrupted[0]), LAST);
    Batch second = new Batch(Tokens.of(clean[1]), Tokens.of(corrupted[1]), LAST);
    double[] together =
        CircuitRunner.of(graph, Examples.of(padded), StandIn.MEAN).run(circuit).of(0);
    double[] apart =
        CircuitRunner.of(graph, Examples.of(first, second), StandIn.MEAN).run(circuit).of(0);
    assertThat(together).containsExactly(apart, within(TOLERANCE));
  }

  private static Circuit random(ModelGraph graph, double share, long seed) {
    Random random = new Random(seed);
    return Circuit.ofNumbers(
        graph, IntStream.range(0, graph.size()).filter(e -> random.nextDouble() < share).toArray());
  }

  /** Cuts edges into the last layer's MLP and behind it alone. */
  private static Circuit late(ModelGraph graph, long seed) {
    Random random = new Random(seed);
    int from = graph.firstEdge(graph.inputs().size() - 2);
    return Circuit.ofNumbers(
        graph,
        IntStream.range(0, graph.size()).filter(e -> e < from || random.nextBoolean()).toArray());
  }
}
