package io.loupe.circuits.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.testing.HandModels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every edge of two-layer models against numbers from a sheet of paper. */
class HandComputedEdgesTest {
  private final ModelGraph linear = ModelGraph.of(HandModels.linear());
  // of logit 1 minus logit 0
  private final EdgeAttribution ofLinear = EdgeAttribution.of(linear, HandModels.examples(1, 0));
  private final ModelGraph bent = ModelGraph.of(HandModels.bent());
  private final EdgeAttribution ofBent = EdgeAttribution.of(bent, HandModels.examples(0, 1));

  /**
   * By hand, for the corruption x' = -x, which changes x by (-2, -4): logit 1 minus logit 0 is 83 -
   * 38 = 45; x alone adds 1 to it, h0 adds 6, h1 adds 38.
   */
  private static final Map<String, Double> LINEAR =
      Map.of(
          "embedding -> logits", -2.0,
          "L0H0 -> logits", -12.0,
          "L1H0 -> logits", -76.0,
          "embedding -> L1H0.v", -12.0, // W (-2, -4) = (-10, -22)
          "L0H0 -> L1H0.v", -64.0, // W (-10, -22) = (-54, -118)
          "embedding -> L0H0.v", -76.0, // h0 changes by (-10, -22), h1 by (-54, -118)
          "embedding -> L0H0.q", 0.0,
          "embedding -> L1H0.k", 0.0,
          "L0H0 -> L1H0.q", 0.0);

  @Test
  void exactEffectsOfALinearModel() {
    EdgeScores exact = ofLinear.exact();
    assertThat(exact.clean()).containsExactly(45);
    assertThat(exact.replaced()).containsExactly(-45);
    check(exact, LINEAR);
  }

  @Test
  void onALinearModelEveryEstimateIsExact() {
    double[] exact = ofLinear.exact().means();
    for (EdgeScores scores :
        List.of(
            ofLinear.eap(),
            ofLinear.integratedOverInputs(3),
            ofLinear.integratedOverActivations(3),
            ofLinear.cleanCorrupted())) {
      check(scores, LINEAR);
      assertThat(scores.means()).as("%s", scores.method()).containsExactly(exact, within(1e-9));
    }
  }

  @Test
  void nodesOfALinearModel() {
    for (NodeScores scores : List.of(ofLinear.exactNodes(), ofLinear.eap().ofNodes())) {
      // what the node adds, and what L1H0 makes of it, changes its sign; of the embedding,
      // everything
      assertThat(scores.perExample(linear.edge("L1H0 -> logits").from()))
          .containsExactly(new double[] {-76}, within(1e-9));
      assertThat(scores.perExample(linear.edge("L0H0 -> logits").from()))
          .containsExactly(new double[] {-76}, within(1e-9));
      assertThat(scores.score(linear.nodes().get(0))).isEqualTo(-90, within(1e-9));
    }
  }

  @Test
  void zerosHalveTheEffectsOfTheOppositePrompt() {
    EdgeScores exact = ofLinear.replacedBy(StandIn.ZERO).exact();
    LINEAR.forEach(
        (edge, effect) ->
            assertThat(exact.score(linear.edge(edge))).as(edge).isEqualTo(effect / 2));
    // the mean of one corrupted prompt of one position is that prompt's
    check(ofLinear.replacedBy(StandIn.MEAN).eap(), LINEAR);
  }

  @Test
  void exactEffectsOfAModelWithMlps() {
    check(
        ofBent.exact(),
        Map.of(
            "embedding -> L0 mlp", -8.0, // m0 = 0, so m1 = 3 relu(1 + 0 - 1) = 0
            "embedding -> L1 mlp", -6.0, // m1 = 3 relu(-1 + 2 - 1) = 0
            "L0 mlp -> L1 mlp", -6.0, // m1 = 3 relu(1 + 0 - 1) = 0
            "embedding -> logits", -2.0,
            "L0 mlp -> logits", -2.0,
            "L1 mlp -> logits", -6.0));
  }

  @Test
  void theEdgesThatTheGradientSeesFromTheCleanPrompt() {
    check(
        ofBent.eap(),
        Map.of(
            "embedding -> L0 mlp", -16.0, // -2 times 2 (1 + 3)
            "embedding -> L1 mlp", -6.0, // -2 times 3
            "L0 mlp -> L1 mlp", -6.0,
            "embedding -> logits", -2.0,
            "L1 mlp -> logits", -6.0));
    // on the corrupted prompt both MLPs are off
    check(
        ofBent.cleanCorrupted(),
        Map.of(
            "embedding -> L0 mlp", -8.0,
            "embedding -> L1 mlp", -3.0,
            "L0 mlp -> L1 mlp", -3.0,
            "embedding -> logits", -2.0,
            "L1 mlp -> logits", -6.0));
  }

  /** The two points lie at 0.21 and 0.79 of the way from x = 1 to -1: x = 0.58 and x = -0.58. */
  @Test
  void gradientsAlongTheWay() {
    check(
        ofBent.integratedOverInputs(2), // MLPs are on at the first point, off at the second
        Map.of(
            "embedding -> L0 mlp", -8.0,
            "embedding -> L1 mlp", -3.0,
            "L0 mlp -> L1 mlp", -3.0,
            "L1 mlp -> logits", -6.0));
    check(
        ofBent.integratedOverActivations(2), // m0 alone goes from 2 to 0, where L1's MLP stays on
        Map.of(
            "embedding -> L0 mlp", -8.0,
            "embedding -> L1 mlp", -3.0,
            "L0 mlp -> L1 mlp", -6.0,
            "L0 mlp -> logits", -2.0,
            "L1 mlp -> logits", -6.0));
  }

  @Test
  void anEstimateIsHeldAgainstTheExactEffects() {
    ScoreCheck check = ofBent.eap().check(6, 1);
    assertThat(check.agreement().cases()).isEqualTo(6);
    assertThat(ofBent.eap().check(100, 1).agreement().largestError()).isEqualTo(8, within(1e-6));
    assertThat(ofLinear.eap().check(100, 1).agreement().largestError()).isLessThan(1e-6);
    assertThat(ofLinear.eap().check(100, 1).agreement().spearman()).isEqualTo(1, within(1e-9));
  }

  private static void check(EdgeScores scores, Map<String, Double> expected) {
    expected.forEach(
        (edge, effect) ->
            assertThat(scores.score(scores.graph().edge(edge)))
                .as("%s of %s", scores.method(), edge)
                .isEqualTo(effect, within(1e-9)));
  }
}
