package io.loupe.circuits.certainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.score.EdgeAttribution;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.circuits.testing.Compiled;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CertaintyTest {
  private static final ModelGraph TINY = ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE));
  private static final Examples EXAMPLES = examples();
  private static final CircuitRunner RUNNER = CircuitRunner.of(TINY, EXAMPLES, StandIn.RESAMPLE);
  private static final EdgeScores EAP = EdgeAttribution.of(TINY, EXAMPLES).eap();
  private static final Compiled INDUCTION = Compiled.of("compiled-induction", 16);
  private static final CircuitRunner OF_INDUCTION =
      CircuitRunner.of(INDUCTION.graph(), INDUCTION.examples(), StandIn.RESAMPLE);

  private static Examples examples() {
    Random random = new Random(3);
    long[][] clean = new long[8][];
    long[][] corrupted = new long[8][];
    for (int row = 0; row < 8; row++) {
      clean[row] = random.longs(5, 0, 128).toArray();
      corrupted[row] = clean[row].clone();
      corrupted[row][2] = (clean[row][2] + 17) % 128;
    }
    return Examples.of(
        new Batch(Tokens.of(clean), Tokens.of(corrupted), Metrics.logitDifference(7, 9)));
  }

  @Test
  void aCircuitThatEveryExampleShowsIsStable() {
    Compiled many = Compiled.of("compiled-previous-token-sum", 100);
    EdgeScores exact = EdgeAttribution.of(many.graph(), many.examples()).exact();
    Stability stable = Stability.of(exact, 3, 10, 1);
    assertThat(stable.jaccard()).isEqualTo(1);
    assertThat(stable.isStable()).isTrue();
    assertThat(stable.core(1)).isEqualTo(many.known());
    assertThat(stable.toString()).contains("reaches the bar of 0.8]");
    EdgeScores few = EdgeAttribution.of(INDUCTION.graph(), INDUCTION.examples()).exact();
    assertThat(Stability.of(few, 5, 10, 1).jaccard()).isEqualTo(1);
    assertThat(Stability.of(few, 5, 10, 1).isStable()).isFalse(); // 16 examples say too little
    assertThat(Stability.of(few, 5, 10, 1).toString()).contains("from 100 examples on");
  }

  @Test
  void resamplesAreThoseOfTheExamples() {
    Stability stability = Stability.of(EAP, 20, 30, 1);
    assertThat(stability.jaccard()).isBetween(0.1, 0.95);
    assertThat(stability.low()).isLessThan(stability.jaccard());
    assertThat(Stability.of(EAP, 20, 30, 1).jaccard()).isEqualTo(stability.jaccard());
    assertThat(Stability.of(EAP, 20, 30, 2).jaccard()).isNotEqualTo(stability.jaccard());
    Circuit core = stability.core(0.9);
    assertThat(core.size()).isBetween(1, 19);
    for (Edge edge : core.edges()) {
      assertThat(stability.frequency(edge)).isGreaterThanOrEqualTo(0.9);
    }
    assertThat(stability.plot().svg()).contains("<svg");
    // the ranking of a resample is that of its examples' mean
    int[] drawn = {3, 3, 5, 5, 5, 5, 1, 0};
    List<Edge> edges = TINY.full().edges();
    double[] means =
        edges.stream()
            .mapToDouble(e -> Arrays.stream(drawn).mapToDouble(i -> EAP.perExample(e)[i]).sum())
            .map(Math::abs)
            .toArray();
    double least = Arrays.stream(means).sorted().toArray()[means.length - 20];
    Circuit top = EAP.top(20, drawn);
    for (int i = 0; i < means.length; i++) {
      assertThat(top.contains(edges.get(i))).isEqualTo(means[i] >= least);
    }
  }

  @Test
  void randomCircuitsAreAsLargeInEveryPlace() {
    Circuit circuit = EAP.top(40);
    Circuit random = RandomCircuits.like(circuit, new Random(1));
    assertThat(random).isNotEqualTo(circuit);
    assertThat(places(random)).isEqualTo(places(circuit));
    RandomCircuits known = RandomCircuits.of(OF_INDUCTION, INDUCTION.known(), 19, 1);
    assertThat(known.circuit().value()).isEqualTo(1, within(1e-5));
    assertThat(known.random()).hasSize(19).isSorted();
    long asGood = Arrays.stream(known.random()).filter(f -> f >= known.circuit().value()).count();
    assertThat(known.p()).isEqualTo((1 + asGood) / 20.0);
    Compiled useless = Compiled.of("compiled-useless-head", 16);
    CircuitRunner runner = CircuitRunner.of(useless.graph(), useless.examples(), StandIn.RESAMPLE);
    assertThat(RandomCircuits.of(runner, useless.known(), 39, 1).p()).isEqualTo(1 / 40.0);
  }

  private static Map<String, Long> places(Circuit circuit) {
    return circuit.edges().stream()
        .map(Edge::to)
        .collect(Collectors.groupingBy(CertaintyTest::place, Collectors.counting()));
  }

  private static String place(Input input) {
    return input.layer() + " " + input.kind();
  }

  @Test
  void equivalenceIsShownOrNot() {
    Equivalence same = Equivalence.of(OF_INDUCTION, INDUCTION.known(), 0.05, 1);
    assertThat(same.isEquivalent()).isTrue();
    assertThat(same.p()).isGreaterThan(0.05);
    Circuit without = INDUCTION.known().without(INDUCTION.known().numbers()[0]);
    Equivalence other = Equivalence.of(OF_INDUCTION, without, 0.05, 1);
    assertThat(other.isEquivalent()).isFalse();
    assertThat(other.shareAbove()).isZero();
    assertThat(other.p()).isLessThan(0.05);
    // by hand: 1 of 5 in either direction, (1 + 5) / 32 twice
    assertThat(Binomial.twoSided(1, 5)).isEqualTo(12 / 32.0, within(1e-12));
    assertThat(Binomial.twoSided(4, 5)).isEqualTo(12 / 32.0, within(1e-12));
    assertThat(Binomial.twoSided(2, 4)).isEqualTo(1);
    assertThat(Binomial.twoSided(0, 0)).isEqualTo(1);
    assertThat(Binomial.twoSided(0, 2000)).isBetween(0.0, 1e-300);
  }

  @Test
  void independenceOfTheRest() {
    Independence rest = Independence.of(OF_INDUCTION, INDUCTION.known(), 1);
    assertThat(rest.p()).isGreaterThan(0.05);
    Circuit half = INDUCTION.known().without(INDUCTION.known().numbers());
    assertThatThrownBy(() -> Independence.of(OF_INDUCTION, half, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty circuit");
    // a circuit of one useless edge leaves the model what it was
    Circuit useless = Circuit.ofNumbers(TINY, 0);
    assertThat(Independence.of(RUNNER, useless, 1).p()).isLessThan(0.05);
    Random random = new Random(5);
    double[] a = random.doubles(40).toArray();
    double[] b = random.doubles(40).toArray();
    double[] bowl = Arrays.stream(a).map(x -> (x - 0.5) * (x - 0.5)).toArray(); // no correlation
    assertThat(Independence.of(a, b, 1).p()).isGreaterThan(0.05);
    assertThat(Independence.of(a, bowl, 1).p()).isLessThan(0.01);
    // by hand, two examples: both kernels are [[1, e], [e, 1]] with e = exp(-1/2)
    double e = Math.exp(-0.5);
    assertThat(Independence.of(new double[] {0, 1}, new double[] {5, 9}, 1).dependence())
        .isEqualTo((1 - e) * (1 - e) / 4, within(1e-12));
  }

  @Test
  void minimalityByTakingOutAndPuttingIn() {
    EdgeScores exact = EdgeAttribution.of(TINY, EXAMPLES).exact();
    Circuit circuit = exact.greedy(30).pruned();
    Minimality minimality = Minimality.of(RUNNER, circuit, 60, 1);
    assertThat(minimality.rows()).hasSize(circuit.size());
    CircuitRuns whole = RUNNER.run(circuit);
    for (Minimality.Row row : minimality.rows().subList(0, 3)) {
      Circuit without = circuit.without(TINY.number(row.edge()));
      assertThat(row.effect()).isEqualTo(RUNNER.run(without).mean(0) - whole.mean(0), within(1e-9));
    }
    assertThat(minimality.rows().get(0).p()).isLessThanOrEqualTo(minimality.rows().get(9).p());
    assertThat(minimality.unneeded(0.0).size()).isEqualTo(circuit.size());
    assertThat(minimality.unneeded(1.0).size()).isZero();
    // edges that lead nowhere are not needed
    Circuit padded = circuit.union(exact.top(200)).minus(circuit);
    List<Edge> dead =
        padded.edges().stream()
            .filter(edge -> !circuit.plus(edge).pruned().contains(edge))
            .limit(5)
            .toList();
    Minimality more = Minimality.of(RUNNER, circuit.union(Circuit.of(TINY, dead)), 60, 1);
    assertThat(dead).isNotEmpty();
    assertThat(more.unneeded(0.05).edges()).containsAll(dead);
    assertThat(more.rows().stream().filter(row -> dead.contains(row.edge())))
        .allSatisfy(row -> assertThat(row.p()).isEqualTo(1)); // any edge moves it as far
    assertThat(more.rows().get(0).p()).isLessThan(0.5);
  }

  @Test
  void whatCannotBeTestedIsRefused() {
    assertThatThrownBy(() -> Stability.of(EAP, 20, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 2 resamples");
    assertThatThrownBy(() -> Stability.of(EAP, 0, 5, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1 edge");
    assertThatThrownBy(() -> RandomCircuits.of(RUNNER, TINY.empty(), 5, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a circuit with edges");
    assertThatThrownBy(() -> Equivalence.of(RUNNER, TINY.full(), 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("margin of faithfulness above 0");
    Compiled few = Compiled.of("compiled-induction", 4);
    assertThatThrownBy(
            () ->
                Independence.of(
                    CircuitRunner.of(few.graph(), few.examples(), StandIn.RESAMPLE),
                    few.known(),
                    1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 8 examples");
    assertThatThrownBy(() -> Minimality.of(OF_INDUCTION, INDUCTION.known(), 50, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("At least 19 edges from outside");
    assertThatThrownBy(() -> Minimality.of(RUNNER, TINY.empty(), 50, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs none");
  }
}
