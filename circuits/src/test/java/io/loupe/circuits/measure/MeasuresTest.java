package io.loupe.circuits.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.score.EdgeAttribution;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.circuits.testing.Compiled;
import io.loupe.circuits.testing.HandModels;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MeasuresTest {
  private static final ModelGraph HAND = ModelGraph.of(HandModels.linear());
  private static final Examples ONE = HandModels.examples(1, 0); // 45 clean, -45 without edges
  private static final CircuitRunner BY_HAND = CircuitRunner.of(HAND, ONE, StandIn.RESAMPLE);
  private static final ModelGraph TINY = ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE));
  private static final Examples TWO =
      Examples.of(
          new Batch(
              Tokens.of(new long[] {11, 12, 13, 14, 5}, new long[] {9, 8, 7, 6, 5}),
              Tokens.of(new long[] {11, 22, 13, 24, 5}, new long[] {9, 5, 4, 3, 5}),
              Metrics.logitDifference(7, 9)));

  @Test
  void faithfulnessByHand() {
    Circuit circuit = HAND.full().minus(of("L1H0 -> logits")); // h1 adds -38 in place of 38
    Faithfulness faithfulness = Faithfulness.of(BY_HAND, circuit);
    assertThat(faithfulness.value()).isEqualTo((45 - 76 + 45) / 90.0, within(1e-9));
    assertThat(faithfulness.perExample()).containsExactly(new double[] {-31}, within(1e-9));
    assertThat(Faithfulness.of(BY_HAND, HAND.full()).value()).isEqualTo(1);
    assertThat(Faithfulness.of(BY_HAND, HAND.empty()).value()).isZero();
    assertThat(faithfulness.toString()).contains("11 of 12 edges", "resample");
  }

  @Test
  void anIntervalIsThatOfTheRatioOfMeans() {
    Compiled compiled = Compiled.of("compiled-induction", 16);
    CircuitRunner runner =
        CircuitRunner.of(compiled.graph(), compiled.examples(), StandIn.RESAMPLE);
    Circuit part =
        compiled
            .known()
            .without(compiled.graph().number(compiled.graph().edge("embedding -> L1H0.q")));
    Faithfulness faithfulness = Faithfulness.of(runner, part);
    // what there is to recover is 40 on every example, so that shares may be averaged
    double[] shares = faithfulness.perExample();
    Arrays.setAll(shares, i -> (shares[i] + 20) / 40);
    Interval expected = Bootstrap.ofMean(shares, 0.95, 7);
    assertThat(faithfulness.interval(7).low()).isEqualTo(expected.low(), within(1e-5));
    assertThat(faithfulness.interval(7).high()).isEqualTo(expected.high(), within(1e-5));
    assertThat(expected.low()).isLessThan(expected.high());
    assertThat(faithfulness.value(new int[] {3, 3})).isEqualTo(shares[3], within(1e-5));
  }

  /**
   * The three best edges are L1H0 -> logits, embedding -> L0H0.v and L0H0 -> L1H0.v: h1 = W (-x +
   * h0) = (22, 48), so that the difference is -1 - 6 + 26 = 19.
   */
  @Test
  void areasUnderTheCurveByHand() {
    EdgeScores exact = EdgeAttribution.of(HAND, ONE).exact();
    FaithfulnessCurve curve = FaithfulnessCurve.of(BY_HAND, exact, 0.25, 1);
    double three = (19 + 45) / 90.0;
    assertThat(curve.points().get(0).value()).isEqualTo(three, within(1e-9));
    assertThat(curve.points().get(0).circuit().size()).isEqualTo(3);
    assertThat(curve.cpr()).isEqualTo(0.75 * (three + 1) / 2, within(1e-9));
    assertThat(curve.cmd()).isEqualTo(0.75 * (1 - three) / 2, within(1e-9));
    assertThat(curve.cprInterval(1).low()).isEqualTo(curve.cpr(), within(1e-9));
    FaithfulnessCurve whole = FaithfulnessCurve.of(BY_HAND, exact);
    assertThat(whole.points()).hasSize(10);
    assertThat(whole.points().get(0).circuit().size()).isEqualTo(1);
    assertThat(whole.points().get(9).circuit()).isEqualTo(HAND.full());
    assertThat(whole.display().toString()).contains("image/svg+xml");
  }

  @Test
  void aCircuitWithoutItsBackupIsIncomplete() {
    Compiled compiled = Compiled.of("compiled-backup-head", 16);
    CircuitRunner runner =
        CircuitRunner.of(compiled.graph(), compiled.examples(), StandIn.RESAMPLE);
    KnockOuts completeness = KnockOuts.of(runner, compiled.known(), 8, 1);
    // without the induction head the backup recovers 10 of 40
    assertThat(completeness.worst()).isEqualTo(0.25, within(0.03));
    assertThat(completeness.incompleteness()).isBetween(0.02, 0.25);
    Circuit whole = Circuit.known(compiled.graph(), compiled.model().edges());
    assertThat(KnockOuts.of(runner, whole, 8, 1).worst()).isLessThan(1e-5);
    assertThat(KnockOuts.of(runner, whole, 8, 1).withoutCircuit()).isEqualTo(0, within(1e-5));
    assertThat(completeness.sets()).hasSize(8);
    assertThat(KnockOuts.of(runner, whole, 8, 1).sets())
        .isEqualTo(KnockOuts.of(runner, whole, 8, 1).sets());
  }

  @Test
  void theSameCircuitUnderSeveralMethodologies() {
    Circuit circuit = of("embedding -> logits", "embedding -> L0H0.v", "L0H0 -> logits");
    Methodologies byHand = Methodologies.of(HAND, ONE, circuit);
    assertThat(byHand.rows()).hasSize(8);
    for (Methodologies.Row row : byHand.rows()) {
      // the logits read x + h0 as they are, 7; L1H0's output is cut, and so is what nodes write to
      // it: -38 when resampled, or the mean of the one corrupted prompt; 0 when zeroed
      boolean zero = row.standIn() == StandIn.ZERO;
      double expected = zero ? 7 / 45.0 : (7 - 38 + 45) / 90.0;
      assertThat(row.ratioOfMeans()).as("%s", row).isEqualTo(expected, within(1e-9));
      assertThat(row.medianOfRatios()).as("%s", row).isEqualTo(expected, within(1e-9));
    }
    Circuit some = Circuit.ofNumbers(TINY, IntStream.range(150, 262).toArray());
    Methodologies tiny = Methodologies.of(TINY, TWO, some);
    Methodologies.Row edges = tiny.rows().get(0);
    Methodologies.Row nodes = tiny.rows().get(1);
    assertThat(edges.granularity()).isEqualTo(Methodologies.Granularity.EDGES);
    CircuitRunner runner = CircuitRunner.of(TINY, TWO, edges.standIn());
    assertThat(nodes.ratioOfMeans())
        .isEqualTo(Faithfulness.of(runner, some.wholeNodes()).value(), within(1e-12));
    assertThat(edges.ratioOfMeans()).isNotEqualTo(nodes.ratioOfMeans());
    Faithfulness of = Faithfulness.of(runner, some);
    assertThat(edges.meanOfRatios())
        .isEqualTo((of.value(new int[] {0}) + of.value(new int[] {1})) / 2, within(1e-9));
    assertThat(tiny.spread()).isPositive();
    assertThat(tiny.table().toString()).contains("positional mean", "nodes");
  }

  @Test
  void whatCannotBeMeasuredIsRefused() {
    Metric constant = (logits, tokens) -> logits.get(":, -1, 7").mul(0);
    Batch batch = TWO.batches().get(0);
    Examples useless = Examples.of(new Batch(batch.clean(), batch.corrupted(), constant));
    assertThatThrownBy(
            () -> Faithfulness.of(CircuitRunner.of(TINY, useless, StandIn.RESAMPLE), TINY.full()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no edge can matter to it");
    assertThatThrownBy(() -> Methodologies.of(HAND, ONE, HAND.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("A circuit without edges");
    assertThatThrownBy(() -> KnockOuts.of(BY_HAND, of("embedding -> logits"), 3, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("heads or MLPs to knock out");
    EdgeScores few = EdgeAttribution.of(HAND, ONE).exact(0, 1);
    assertThatThrownBy(() -> FaithfulnessCurve.of(BY_HAND, few))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("scores of all 12 edges; got those of 2");
    EdgeScores all = EdgeAttribution.of(HAND, ONE).exact();
    for (double[] shares :
        List.of(new double[] {0.5}, new double[] {0, 1}, new double[] {1, 0.5})) {
      assertThatThrownBy(() -> FaithfulnessCurve.of(BY_HAND, all, shares))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("ascending shares");
    }
    CircuitRunner other = CircuitRunner.of(TINY, TWO, StandIn.RESAMPLE);
    assertThatThrownBy(() -> Faithfulness.of(other, HAND.full()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of another model");
  }

  private static Circuit of(String... edges) {
    return Circuit.of(HAND, Arrays.stream(edges).map(HAND::edge).toList());
  }
}
