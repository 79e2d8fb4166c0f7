package io.loupe.circuits.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.testing.TinyModels;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class HeadMapTest {
  private static final Origin ORIGIN = Origin.of(TinyModels.gpt2(LoadOptions.DEFAULT));
  private static final HeadMap.Label LABEL = new HeadMap.Label("name", "definition", "source", "3");

  @Test
  void meansAndIntervalsAreOverTheExamplesThatHaveAValue() {
    double[][][] values = {
      {{1, 2, 6}, {Double.NaN, 4, 2}}, {{Double.NaN, Double.NaN, Double.NaN}, {5, 5, 5}}
    };
    HeadMap map = HeadMap.of(ORIGIN, LABEL, values);
    values[0][0][0] = 100; // its own copy
    assertThat(map.scores()[0]).containsExactly(3, 3);
    assertThat(map.scores()[1]).containsExactly(Double.NaN, 5);
    assertThat(map.ranked()).containsExactly(new Head(1, 1), new Head(0, 0), new Head(0, 1));
    assertThat(map.top(2)).isEqualTo(HeadSet.of(new Head(1, 1), new Head(0, 0)));
    assertThat(map.interval(new Head(0, 1)))
        .isEqualTo(Bootstrap.ofMean(new double[] {4, 2}, 0.95, 0));
    assertThat(map.interval(new Head(1, 0)).low()).isNaN();
    assertThat(map.above(4)).isEqualTo(HeadSet.of(new Head(1, 1)));
    assertThat(map.above(2.5)).isEqualTo(HeadSet.of(new Head(1, 1))); // the others' intervals
    assertThat(map.negated(LABEL).score(new Head(0, 0))).isEqualTo(-3);
    assertThat(map.perExample(new Head(0, 1))).containsExactly(Double.NaN, 4, 2);
    assertThat(map.table(2).rows()).hasSize(2);
    assertThat(map.display().toString()).contains("name");
    refused(() -> map.top(4), "a score for 3 heads");
    refused(() -> map.score(new Head(0, 2)), "2 layers of 2 heads");
    refused(() -> HeadMap.of(ORIGIN, LABEL, new double[][][] {{{1}}, {{1}, {2}}}), "layer 1 has 2");
    refused(() -> HeadMap.of(ORIGIN, LABEL, new double[][][] {{{1}, {1, 2}}}), "L0H1 has 2");
    refused(() -> HeadMap.of(ORIGIN, LABEL, new double[0][][]), "at least one layer");
  }

  /** The hypergeometric tail against drawing sets, and the permutation against all orders. */
  @Test
  void agreementIsTestedAgainstChance() {
    double[][] first = {{9, 8, 7, 6}, {1, 2, 3, 4}};
    double[][] second = {{9, 7, 1, 2}, {3, 4, 5, 8}};
    HeadAgreement agreement =
        HeadMap.of(ORIGIN, LABEL, first).agreement(HeadMap.of(ORIGIN, LABEL, second), 3);
    assertThat(agreement.shared()).isEqualTo(HeadSet.of(new Head(0, 0), new Head(0, 1)));
    assertThat(agreement.expected()).isEqualTo(9.0 / 8);
    assertThat(agreement.jaccard()).isEqualTo(0.5);
    // of C(8, 3) = 56 sets, 1 shares three and 3 * 5 share two
    assertThat(agreement.overlapP()).isCloseTo(16.0 / 56, within(1e-12));
    SplittableRandom random = new SplittableRandom(1);
    HeadSet all = HeadSet.all(12, 12);
    HeadSet fixed = all.sample(10, 99);
    int atLeast = 0;
    for (int draw = 0; draw < 20_000; draw++) {
      atLeast += all.sample(10, random.nextLong()).intersection(fixed).size() >= 2 ? 1 : 0;
    }
    assertThat(HeadAgreement.atLeast(2, 144, 10)).isCloseTo(atLeast / 20_000.0, within(0.012));
    assertThat(HeadAgreement.atLeast(0, 144, 10)).isCloseTo(1, within(1e-12));
    assertThat(HeadAgreement.atLeast(6, 8, 6)).isCloseTo(1.0 / 28, within(1e-12));
    assertThat(HeadAgreement.atLeast(1, 8, 6)).isCloseTo(1, within(1e-12)); // 6 + 6 > 8
    // ranks 8 7 6 5 1 2 3 4 and 8 6 1 2 3 4 5 7: sum of squared differences 56
    assertThat(agreement.spearman()).isCloseTo(1 - 6.0 * 56 / (8 * 63), within(1e-12));
    assertThat(agreement.rankP()).isCloseTo(0.214, within(0.015)); // of all 40,320 orders
    assertThat(agreement.display().toString()).contains("expected by chance", "Spearman");
  }

  @Test
  void perfectAgreementIsAsUnlikelyAsShufflesCanSay() {
    double[][] scores = {{9, 8, 7, 6}, {1, 2, 3, 4}};
    HeadAgreement agreement =
        HeadMap.of(ORIGIN, LABEL, scores).agreement(HeadMap.of(ORIGIN, LABEL, scores), 2);
    assertThat(agreement.spearman()).isEqualTo(1);
    assertThat(agreement.rankP()).isLessThan(0.001);
    double[][] none = {{1, 1, 1, 1}, {1, 1, 1, 1}};
    HeadAgreement flat =
        HeadMap.of(ORIGIN, LABEL, scores).agreement(HeadMap.of(ORIGIN, LABEL, none), 2);
    assertThat(flat.spearman()).isNaN();
    assertThat(flat.rankP()).isNaN();
  }

  @Test
  void mapsThatCannotBeComparedAreRefused() {
    HeadMap map = HeadMap.of(ORIGIN, LABEL, new double[][] {{1, 2}, {3, 4}});
    HeadMap other = HeadMap.of(ORIGIN, LABEL, new double[][] {{1, 2, 3}});
    HeadMap few = HeadMap.of(ORIGIN, LABEL, new double[][] {{1, Double.NaN}, {Double.NaN, 2}});
    refused(() -> map.agreement(other, 1), "different shapes");
    refused(() -> map.agreement(map, 4), "4 heads have a score in both");
    refused(() -> map.agreement(few, 2), "2 heads have a score in both");
    assertThat(map.agreement(few, 1).heads()).isEqualTo(2);
  }

  static void refused(ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
