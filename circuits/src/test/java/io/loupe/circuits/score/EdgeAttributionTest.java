package io.loupe.circuits.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.testing.NaiveCircuit;
import io.loupe.circuits.testing.NaiveGradient;
import io.loupe.circuits.testing.Sums;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.stats.GaussLegendre;
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

/** Estimates from gradients against finite differences in float64, exact scores against runs. */
class EdgeAttributionTest {
  private static final Tokens CLEAN =
      Tokens.of(new long[] {11, 12, 13, 14, 5}, new long[] {9, 8, 7, 6, 5});
  private static final Tokens CORRUPTED =
      Tokens.of(new long[] {11, 22, 13, 24, 5}, new long[] {9, 5, 4, 3, 5});
  private static final Metric METRIC = Metrics.logitDifference(7, 9);
  private static final Examples EXAMPLES = Examples.of(new Batch(CLEAN, CORRUPTED, METRIC));

  static Stream<String> checkpoints() {
    return Sums.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void estimatesAreTheGradientOfEdgeMasks(String name) throws IOException {
    ModelGraph graph = Sums.graph(name);
    NaiveCircuit naive = new NaiveCircuit(graph, CLEAN, CORRUPTED);
    for (StandIn standIn : List.of(StandIn.RESAMPLE, StandIn.ZERO)) {
      List<NDArray> replaced = standIn == StandIn.ZERO ? naive.zeros() : naive.resampled();
      EdgeScores eap = EdgeAttribution.of(graph, EXAMPLES).replacedBy(standIn).eap();
      for (Edge edge : some(graph, 3, standIn.ordinal())) {
        int number = graph.number(edge);
        double step = 1e-4;
        double[] more = naive.metric(e -> e == number ? 1 + step : 1, replaced, METRIC);
        double[] less = naive.metric(e -> e == number ? 1 - step : 1, replaced, METRIC);
        double[] gradient =
            IntStream.range(0, 2).mapToDouble(i -> (less[i] - more[i]) / (2 * step)).toArray();
        assertThat(eap.perExample(edge))
            .as("%s %s", edge, standIn)
            .containsExactly(gradient, within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void exactScoresAreRunsWithOneEdgeReplaced(String name) throws IOException {
    ModelGraph graph = Sums.graph(name);
    NaiveCircuit naive = new NaiveCircuit(graph, CLEAN, CORRUPTED);
    List<NDArray> replaced = naive.resampled();
    List<Edge> edges = some(graph, 3, 9);
    EdgeScores exact =
        EdgeAttribution.of(graph, EXAMPLES)
            .exact(edges.stream().mapToInt(graph::number).toArray()); // in any order
    for (Edge edge : edges) {
      int number = graph.number(edge);
      double[] cut = naive.metric(e -> e == number ? 0 : 1, replaced, METRIC);
      double[] whole = METRIC.perExample(graph.model().run(CLEAN));
      assertThat(exact.perExample(edge))
          .as("%s", edge)
          .containsExactly(new double[] {cut[0] - whole[0], cut[1] - whole[1]}, within(1e-6));
    }
  }

  @Test
  void averagedGradientsAreThoseAtTheirPoints() throws IOException {
    for (ModelGraph graph :
        List.of(
            ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE)),
            ModelGraph.of(TinyModels.llama(LoadOptions.DOUBLE)),
            Sums.graph("golden/gemma2"),
            Sums.graph("golden/gpt_neox"))) {
      EdgeAttribution attribution = EdgeAttribution.of(graph, EXAMPLES);
      EdgeScores inputs = attribution.integratedOverInputs(2);
      EdgeScores activations = attribution.integratedOverActivations(2);
      EdgeScores ends = attribution.cleanCorrupted();
      GaussLegendre points = GaussLegendre.of(2);
      for (Edge edge : some(graph, 8, 3)) {
        HookPoint embedding = Sites.RESID_PRE.at(0);
        HookPoint own = moved(edge.from());
        double[] alongInputs = new double[2];
        double[] alongOwn = new double[2];
        double[] atEnds = new double[2];
        for (int i = 0; i < 2; i++) {
          add(alongInputs, rate(graph, edge, embedding, points.points()[i]), points.weights()[i]);
          add(alongOwn, rate(graph, edge, own, points.points()[i]), points.weights()[i]);
          add(atEnds, rate(graph, edge, embedding, i), 0.5);
        }
        assertThat(inputs.perExample(edge))
            .as("%s", edge)
            .containsExactly(alongInputs, within(1e-5));
        assertThat(activations.perExample(edge))
            .as("%s", edge)
            .containsExactly(alongOwn, within(1e-5));
        assertThat(ends.perExample(edge)).as("%s", edge).containsExactly(atEnds, within(1e-5));
      }
    }
  }

  /**
   * The change that an edge carries times the gradient, where an activation is moved by a share.
   */
  private static double[] rate(ModelGraph graph, Edge edge, HookPoint point, double share) {
    HookedTransformer model = graph.model();
    NDArray from = model.run(CLEAN, Capture.at(point)).cache().get(point);
    NDArray to = model.run(CORRUPTED, Capture.at(point)).cache().get(point);
    NDArray between = to.sub(from).mul(share).add(from);
    NaiveCircuit naive = new NaiveCircuit(graph, CLEAN, CORRUPTED);
    int node = graph.number(edge.from());
    NDArray change = naive.outputs(CORRUPTED).get(node).sub(naive.outputs(CLEAN).get(node));
    return NaiveGradient.along(
        model.with(Interventions.edit(point, x -> between)), CLEAN, METRIC, edge.to(), change);
  }

  private static HookPoint moved(Node node) {
    if (node instanceof Node.Attention attention) {
      return Sites.Z.at(attention.head().layer());
    }
    return node instanceof Node.Mlp mlp ? Sites.MLP_OUT.at(mlp.layer()) : Sites.RESID_PRE.at(0);
  }

  private static void add(double[] sum, double[] values, double weight) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * values[i];
    }
  }

  @Test
  void paddingAndBatchesMakeNoDifference() {
    ModelGraph graph = ModelGraph.of(TinyModels.llama(LoadOptions.DOUBLE));
    long[][] clean = {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10}};
    long[][] corrupted = {{1, 2, 30, 4, 5, 6}, {70, 8, 9, 10}};
    Examples padded =
        Examples.of(
            new Batch(
                Tokens.padded(Tokens.Padding.LEFT, clean),
                Tokens.padded(Tokens.Padding.LEFT, corrupted),
                METRIC));
    Examples apart =
        Examples.of(
            new Batch(Tokens.of(clean[0]), Tokens.of(corrupted[0]), METRIC),
            new Batch(Tokens.of(clean[1]), Tokens.of(corrupted[1]), METRIC));
    EdgeScores together = EdgeAttribution.of(graph, padded).integratedOverInputs(2);
    EdgeScores single = EdgeAttribution.of(graph, apart).integratedOverInputs(2);
    for (Edge edge : graph.full().edges()) {
      assertThat(together.perExample(edge)).containsExactly(single.perExample(edge), within(1e-6));
    }
  }

  @Test
  void nodesAreReplacedOrTheSumsOfTheirEdges() {
    ModelGraph graph = ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE));
    EdgeAttribution attribution = EdgeAttribution.of(graph, EXAMPLES);
    EdgeScores scores = attribution.eap();
    NodeScores estimated = scores.ofNodes();
    NodeScores exact = attribution.exactNodes();
    NaiveCircuit naive = new NaiveCircuit(graph, CLEAN, CORRUPTED);
    double[] clean = METRIC.perExample(graph.model().run(CLEAN));
    for (Node node : List.of(graph.nodes().get(0), graph.nodes().get(7), graph.nodes().get(10))) {
      double sum =
          graph.full().edges().stream()
              .filter(edge -> edge.from().equals(node))
              .mapToDouble(scores::score)
              .sum();
      assertThat(estimated.score(node)).isEqualTo(sum, within(1e-9));
      int number = graph.number(node);
      double[] replaced =
          naive.metric(e -> graph.nodeOf(e) == number ? 0 : 1, naive.resampled(), METRIC);
      assertThat(exact.perExample(node))
          .containsExactly(
              new double[] {replaced[0] - clean[0], replaced[1] - clean[1]}, within(1e-9));
    }
    assertThat(exact.ranked()).hasSize(graph.nodes().size());
    assertThat(Math.abs(exact.score(exact.ranked().get(0))))
        .isGreaterThan(Math.abs(exact.score(exact.ranked().get(1))));
    assertThat(exact.interval(graph.nodes().get(0), 1).low())
        .isLessThanOrEqualTo(exact.score(graph.nodes().get(0)));
    assertThatThrownBy(() -> attribution.exact(1, 2, 3).ofNodes())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("exactNodes() replaces each node");
  }

  @Test
  void whatCannotBeScoredIsRefused() throws IOException {
    ModelGraph graph = ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE));
    EdgeAttribution attribution = EdgeAttribution.of(graph, EXAMPLES);
    Metric constant = (logits, tokens) -> logits.get(":, -1, 7").mul(0);
    Examples useless = Examples.of(new Batch(CLEAN, CORRUPTED, constant));
    for (Runnable scoring :
        List.<Runnable>of(
            EdgeAttribution.of(graph, useless)::eap, EdgeAttribution.of(graph, useless)::exact)) {
      assertThatThrownBy(scoring::run)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the same on every clean prompt")
          .hasMessageContaining("Metrics.logitDifference");
    }
    assertThatThrownBy(() -> attribution.exact(new int[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("exact() for all");
    assertThatThrownBy(() -> attribution.exact(graph.size()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("The graph has edges 0 to");
    assertThatThrownBy(() -> attribution.integratedOverInputs(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1 step");
    EdgeAttribution divided = EdgeAttribution.of(Sums.graph("golden/gemma2"), EXAMPLES);
    assertThatThrownBy(() -> divided.replacedBy(StandIn.ZERO).integratedOverActivations(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("replacedBy(StandIn.RESAMPLE)");
    EdgeScores scores = attribution.exact(0, 1, 2);
    assertThatThrownBy(() -> scores.score(graph.edge(5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("was not among the 3 edges");
    assertThatThrownBy(() -> scores.top(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("graph.empty() is the one without");
    assertThatThrownBy(() -> scores.above(1e9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the largest is");
    assertThatThrownBy(() -> scores.auroc(graph.full()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("inside and outside");
    assertThatThrownBy(() -> scores.check(2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 3 edges");
  }

  private static List<Edge> some(ModelGraph graph, int count, long seed) {
    Random random = new Random(seed);
    return Stream.concat(
            Stream.of(graph.edge(graph.size() - 2)),
            random.ints(count - 1, 0, graph.size()).mapToObj(graph::edge))
        .distinct()
        .toList();
  }
}
