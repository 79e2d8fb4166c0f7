package io.loupe.circuits.score;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.testing.Compiled;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.path.Node;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models whose circuits are known by construction. */
class KnownCircuitsTest {
  static List<String> names() {
    return CompiledModels.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void exactPatchingAndAveragedGradientsFindTheCircuit(String name) {
    Compiled compiled = Compiled.of(name, 32);
    EdgeAttribution attribution = EdgeAttribution.of(compiled.graph(), compiled.examples());
    Circuit known = compiled.known();
    assertThat(attribution.exact().auroc(known)).isGreaterThanOrEqualTo(0.95);
    assertThat(attribution.integratedOverInputs(20).auroc(known)).isGreaterThanOrEqualTo(0.95);
    assertThat(attribution.integratedOverActivations(20).auroc(known)).isGreaterThanOrEqualTo(0.95);
  }

  /** Scores of saturated attention are flat at the clean prompt. */
  @Test
  void oneGradientDoesNotSeeQueriesAndKeys() {
    Compiled compiled = Compiled.of("compiled-induction", 32);
    EdgeScores eap = EdgeAttribution.of(compiled.graph(), compiled.examples()).eap();
    assertThat(eap.score(compiled.graph().edge("embedding -> L1H0.q"))).isZero();
    assertThat(eap.auroc(compiled.known())).isLessThan(0.75);
  }

  @Test
  void theUselessHeadNeverEnters() {
    Compiled compiled = Compiled.of("compiled-useless-head", 32);
    ModelGraph graph = compiled.graph();
    EdgeAttribution attribution = EdgeAttribution.of(graph, compiled.examples());
    for (EdgeScores scores :
        List.of(
            attribution.exact(),
            attribution.integratedOverInputs(20),
            attribution.integratedOverActivations(20))) {
      Circuit found = scores.top(compiled.known().size());
      assertThat(found).isEqualTo(compiled.known());
      Circuit everything = scores.above(Double.MIN_VALUE);
      for (Node node : everything.nodes()) {
        assertThat(node)
            .isNotIn(
                compiled.model().uselessHeads().toList().stream()
                    .map(Node.Attention::new)
                    .toList());
      }
    }
  }

  @Test
  void areaUnderTheCurveCountsPairs() {
    Compiled compiled = Compiled.of("compiled-induction", 8);
    ModelGraph graph = compiled.graph();
    EdgeScores exact = EdgeAttribution.of(graph, compiled.examples()).exact();
    int[] ranked = exact.ranked();
    // first and third of 12 ranks, of which the last seven tie at 0: one pair of 20 is wrong
    Circuit two = Circuit.ofNumbers(graph, ranked[0], ranked[2]);
    assertThat(exact.auroc(two)).isEqualTo(19 / 20.0);
    // ties count half: one of the seven zeros, against 5 above and 6 equal
    assertThat(exact.auroc(Circuit.ofNumbers(graph, ranked[11]))).isEqualTo(3 / 11.0);
    assertThat(Arrays.stream(ranked).sorted().toArray()).isEqualTo(exact.edges());
  }
}
