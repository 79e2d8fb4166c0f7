package io.loupe.workbench.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens.Padding;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every back end has to do: each statistic and edit against the whole pattern in float64, over
 * shapes that do not fit; means; the last queries alone; the same bits again; what is refused.
 */
public abstract class AttentionContract {
  private static final double TOLERANCE = 1e-5;
  private static final int LAYER = 1;

  private static final Statistic[] ALL = {
    Statistic.LOG_SUM_EXP,
    Statistic.ENTROPY,
    Statistic.MAX_PROBABILITY,
    Statistic.MAX_KEY,
    Statistic.SUM_OF_SQUARES,
    Statistic.FIRST_KEY,
    Statistic.PREVIOUS,
    Statistic.offset(0),
    Statistic.offset(5),
    Statistic.span("needle"),
    Statistic.INDUCTION,
    Statistic.DUPLICATE,
    Statistic.DISTANCE,
    Statistic.distanceWithin(7)
  };

  /** Returns what is to be tested. */
  protected abstract List<AttentionBackend> backends();

  /** Returns how far rows of the pattern may be off. */
  protected abstract double patternTolerance();

  private static AttentionRule rule(MaskSpec mask, double scale, double cap, double... slopes) {
    return new AttentionRule(
        mask,
        scale,
        cap == 0 ? OptionalDouble.empty() : OptionalDouble.of(cap),
        Arrays.stream(slopes).boxed().toList());
  }

  static Stream<Arguments> cases() {
    MaskSpec both = MaskSpec.BIDIRECTIONAL;
    MaskSpec near = new MaskSpec(false, java.util.OptionalInt.of(9));
    return Stream.of(
        arguments(
            "one token",
            new AttentionCase(1, 2, 1, 7, rule(MaskSpec.CAUSAL, 0.4, 0), Padding.RIGHT, 1)),
        arguments(
            "odd",
            new AttentionCase(2, 3, 3, 5, rule(MaskSpec.CAUSAL, 0.5, 0), Padding.RIGHT, 37, 37)),
        arguments(
            "many tiles",
            new AttentionCase(3, 2, 1, 17, rule(MaskSpec.CAUSAL, 0.25, 0), Padding.RIGHT, 601)),
        arguments(
            "whole tiles", new AttentionCase(4, 1, 1, 16, rule(both, 0.25, 0), Padding.RIGHT, 512)),
        arguments(
            "window",
            new AttentionCase(5, 2, 2, 8, rule(MaskSpec.window(70), 0.35, 0), Padding.RIGHT, 800)),
        arguments(
            "just cut",
            new AttentionCase(
                15, 1, 1, 8, rule(MaskSpec.window(299), 0.35, 0), Padding.RIGHT, 300)),
        arguments(
            "narrow",
            new AttentionCase(6, 2, 2, 8, rule(MaskSpec.window(1), 0.35, 0), Padding.RIGHT, 300)),
        arguments("near", new AttentionCase(7, 1, 1, 8, rule(near, 0.35, 0), Padding.RIGHT, 700)),
        arguments(
            "left",
            new AttentionCase(8, 4, 2, 9, rule(MaskSpec.CAUSAL, 0.3, 0), Padding.LEFT, 300, 41, 1)),
        arguments(
            "right",
            new AttentionCase(
                9, 2, 2, 24, rule(MaskSpec.window(20), 0.2, 0), Padding.RIGHT, 33, 290)),
        arguments(
            "padded both",
            new AttentionCase(10, 2, 2, 6, rule(both, 0.4, 0), Padding.LEFT, 33, 270)),
        arguments(
            "padded near",
            new AttentionCase(14, 1, 1, 6, rule(near, 0.4, 0), Padding.LEFT, 33, 570)),
        arguments(
            "capped",
            new AttentionCase(11, 2, 1, 16, rule(MaskSpec.CAUSAL, 0.25, 3), Padding.RIGHT, 280)),
        arguments(
            "alibi",
            new AttentionCase(
                12, 2, 2, 12, rule(MaskSpec.CAUSAL, 0.3, 0, 0.25, 0.02), Padding.LEFT, 270, 50)),
        arguments(
            "peaked",
            new AttentionCase(13, 1, 1, 64, rule(MaskSpec.CAUSAL, 0.5, 0), Padding.RIGHT, 530)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void everyStatisticIsThatOfTheWholePattern(String name, AttentionCase c) {
    int[] queries = {0, -1};
    AttentionRequest request =
        AttentionRequest.of(ALL)
            .topKeys(4)
            .withReceived()
            .pattern(HeadSet.of(new Head(LAYER, c.heads - 1)), queries);
    for (AttentionBackend backend : backends()) {
      try (NDManager manager = Engines.newManager(Device.cpu())) {
        LayerAttention actual = backend.attend(c.call(manager, request));
        double[] z = Tensors.doubles(actual.z());
        for (int row = 0; row < c.tokens.batch(); row++) {
          for (int head = 0; head < c.heads; head++) {
            String at = name + ", " + backend.name() + ", row " + row + ", head " + head;
            NaiveAttention naive = new NaiveAttention(c, row, head, (s, i, j) -> s, 1);
            compare(at, c, naive, actual.statistics(), z, row, head);
            compareKeys(at, naive, actual.statistics(), row, head);
          }
          int last = naiveLast(c, row);
          NaiveAttention naive = new NaiveAttention(c, row, c.heads - 1, (s, i, j) -> s, 1);
          double[][] pattern = actual.statistics().pattern(c.heads - 1, row);
          assertClose(name + " pattern", pattern[0], naive.pattern[0], patternTolerance());
          assertClose(name + " pattern", pattern[1], naive.pattern[last], patternTolerance());
        }
      }
    }
  }

  private static int naiveLast(AttentionCase c, int row) {
    return c.tokens.length(row) - 1;
  }

  static Stream<Arguments> edits() {
    HeadSet first = HeadSet.of(new Head(LAYER, 0), new Head(0, 1)); // one of another layer
    TokenRange needle = TokenRange.span("needle");
    TokenRange late = TokenRange.of(10, 1000);
    double hidden = Double.NEGATIVE_INFINITY;
    NaiveAttention.Edit none = (s, i, j) -> s;
    return Stream.of(
        arguments(AttentionEdit.gate(first, 0.3), none, 0.3),
        arguments(
            AttentionEdit.temperature(first, late, 2.5),
            (NaiveAttention.Edit) (s, i, j) -> i >= 10 ? s / 2.5 : s,
            1.0),
        arguments(
            AttentionEdit.temperature(first, TokenRange.ALL, 0.01),
            (NaiveAttention.Edit) (s, i, j) -> s / 0.01,
            1.0),
        arguments(
            AttentionEdit.knockout(first, late, TokenRange.of(0, 3)),
            (NaiveAttention.Edit) (s, i, j) -> i >= 10 && j < 3 ? hidden : s,
            1.0),
        arguments(
            AttentionEdit.knockout(first, TokenRange.of(2, 12), TokenRange.ALL),
            (NaiveAttention.Edit) (s, i, j) -> i >= 2 && i < 12 ? hidden : s,
            1.0),
        arguments(
            AttentionEdit.sinkWindow(first, 2, 6),
            (NaiveAttention.Edit) (s, i, j) -> j < 2 || Math.abs(i - j) < 6 ? s : hidden,
            1.0),
        arguments(
            AttentionEdit.reweight(first, TokenRange.ALL, TokenRange.of(0, 1), 4),
            (NaiveAttention.Edit) (s, i, j) -> j == 0 ? s + Math.log(4) : s,
            1.0),
        arguments(
            AttentionEdit.reweight(first, late, TokenRange.of(4, 9), 0),
            (NaiveAttention.Edit) (s, i, j) -> i >= 10 && j >= 4 && j < 9 ? hidden : s,
            1.0),
        arguments(AttentionEdit.reweight(first, needle, needle, 1), none, 1.0));
  }

  @ParameterizedTest
  @MethodSource("edits")
  void editsDoWhatTheyDoToTheWholePattern(
      AttentionEdit edit, NaiveAttention.Edit naiveEdit, double gate) {
    AttentionRule rule = rule(MaskSpec.CAUSAL, edit.toString().contains("0.01") ? 0.004 : 0.4, 0);
    AttentionCase c = new AttentionCase(20, 2, 1, 6, rule, Padding.LEFT, 290, 23);
    AttentionRequest request = AttentionRequest.of(ALL).withReceived().edit(edit);
    for (AttentionBackend backend : backends()) {
      try (NDManager manager = Engines.newManager(Device.cpu())) {
        LayerAttention actual = backend.attend(c.call(manager, request));
        double[] z = Tensors.doubles(actual.z());
        for (int row = 0; row < 2; row++) {
          NaiveAttention edited = new NaiveAttention(c, row, 0, naiveEdit, gate);
          NaiveAttention plain = new NaiveAttention(c, row, 1, (s, i, j) -> s, 1);
          String at = edit + ", " + backend.name() + ", row " + row;
          compare(at, c, edited, actual.statistics(), z, row, 0);
          compare(at, c, plain, actual.statistics(), z, row, 1);
          long empty =
              Arrays.stream(edited.pattern).filter(p -> Arrays.stream(p).sum() == 0).count();
          assertThat(actual.statistics().emptyQueries(0, row)).isEqualTo((int) empty);
        }
      }
    }
  }

  /** Lone queries at the end of a text see what they see among all. */
  @Test
  void theLastQueriesAloneGetTheSame() {
    AttentionRule rule = rule(MaskSpec.window(150), 0.4, 0);
    AttentionCase c = new AttentionCase(21, 4, 2, 10, rule, Padding.LEFT, 310, 270);
    AttentionRequest request =
        AttentionRequest.of(Statistic.ENTROPY, Statistic.INDUCTION, Statistic.MAX_KEY)
            .topKeys(2)
            .pattern(HeadSet.of(new Head(LAYER, 2)), -1)
            .edit(
                AttentionEdit.temperature(
                    HeadSet.of(new Head(LAYER, 3)), TokenRange.of(230, 260), 3));
    for (AttentionBackend backend : backends()) {
      try (NDManager manager = Engines.newManager(Device.cpu())) {
        LayerAttention all = backend.attend(c.call(manager, request));
        LayerAttention some = backend.attend(c.lastQueries(manager, 37, request));
        double[] z = Tensors.doubles(all.z().get(":, -37:"));
        assertClose(backend.name() + " z", Tensors.doubles(some.z()), z, TOLERANCE);
        for (Statistic statistic : request.statistics()) {
          for (int head = 0; head < 4; head++) {
            double[] rows = all.statistics().values(statistic, head, 1);
            assertClose(
                backend.name() + " " + statistic,
                some.statistics().values(statistic, head, 1),
                Arrays.copyOfRange(rows, rows.length - 37, rows.length),
                TOLERANCE);
          }
        }
        int[][] keys = all.statistics().topKeys(1, 0);
        assertThat(some.statistics().topKeys(1, 0))
            .isDeepEqualTo(Arrays.copyOfRange(keys, keys.length - 37, keys.length));
        assertClose(
            backend.name() + " pattern",
            some.statistics().pattern(2, 0)[0],
            all.statistics().pattern(2, 0)[0],
            TOLERANCE);
        AttentionRequest first = AttentionRequest.of().pattern(HeadSet.of(new Head(LAYER, 2)), 0);
        AttentionCall notComputed = c.lastQueries(manager, 37, first);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> backend.attend(notComputed))
            .withMessageContaining("The row of query 0 was asked for, but only the last 37 of 310");
      }
    }
  }

  @Test
  void meansAreThoseOfTheRows() {
    AttentionRule rule = rule(MaskSpec.CAUSAL, 0.4, 0);
    AttentionCase c = new AttentionCase(22, 2, 2, 10, rule, Padding.RIGHT, 310, 70, 1);
    AttentionRequest rows =
        AttentionRequest.of(ALL)
            .edit(
                AttentionEdit.knockout(
                    HeadSet.of(new Head(LAYER, 1)), TokenRange.of(0, 9), TokenRange.ALL));
    for (AttentionBackend backend : backends()) {
      try (NDManager manager = Engines.newManager(Device.cpu())) {
        LayerStatistics all = backend.attend(c.call(manager, rows)).statistics();
        for (AttentionRequest.Detail detail : AttentionRequest.Detail.values()) {
          LayerStatistics means = backend.attend(c.call(manager, rows.detail(detail))).statistics();
          for (Statistic statistic : ALL) {
            for (int head = 0; head < 2; head++) {
              String at = backend.name() + ", " + detail + ", " + statistic + ", head " + head;
              double[] expected = {all.mean(statistic, head)};
              assertClose(at, new double[] {means.mean(statistic, head)}, expected, TOLERANCE);
              assertThat(means.emptyQueries(head, 0)).as(at).isEqualTo(all.emptyQueries(head, 0));
            }
          }
        }
      }
    }
  }

  @Test
  void theSameInputGivesTheSameBits() {
    AttentionRule rule = rule(MaskSpec.CAUSAL, 0.3, 0);
    AttentionCase c = new AttentionCase(23, 4, 2, 10, rule, Padding.RIGHT, 700, 410);
    AttentionRequest request = AttentionRequest.of(ALL).withReceived().topKeys(2);
    for (AttentionBackend backend : backends()) {
      double[] first = null;
      for (int run = 0; run < (backend.name().endsWith("64") ? 2 : 20); run++) {
        double[] now = bits(backend, c, request);
        first = first == null ? now : first;
        assertThat(now).as(backend.name() + ", run " + run).isEqualTo(first);
      }
    }
  }

  private static double[] bits(
      AttentionBackend backend, AttentionCase c, AttentionRequest request) {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      LayerAttention result = backend.attend(c.call(manager, request));
      LayerStatistics s = result.statistics();
      Stream<double[]> rows = Arrays.stream(ALL).map(statistic -> s.values(statistic, 3, 1));
      Stream<double[]> rest =
          Stream.of(Tensors.doubles(result.z()), s.received(1, 1), s.topProbabilities(2, 0)[399]);
      return Stream.concat(rows, rest).flatMapToDouble(Arrays::stream).toArray();
    }
  }

  @Test
  void whatIsNotFiniteIsNamed() {
    AttentionCase c =
        new AttentionCase(24, 2, 1, 6, rule(MaskSpec.CAUSAL, 0.4, 0), Padding.RIGHT, 40, 31);
    c.k[c.at(1, 29, 0, 1, 4)] = Float.NaN;
    AttentionRequest request = AttentionRequest.of(Statistic.ENTROPY);
    for (AttentionBackend backend : backends()) {
      try (NDManager manager = Engines.newManager(Device.cpu())) {
        AttentionCall call = c.call(manager, request);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> backend.attend(call))
            .withMessageContaining("keys of layer 1 are not finite")
            .withMessageContaining("row 1, column 29, head 0, dimension 4");
      }
    }
  }

  private static void compare(
      String at,
      AttentionCase c,
      NaiveAttention naive,
      LayerStatistics actual,
      double[] z,
      int row,
      int head) {
    for (Statistic statistic : ALL) {
      double[] expected = naive.values(statistic);
      double[] got = actual.values(statistic, head, row);
      if (statistic.equals(Statistic.MAX_KEY)) {
        assertSameUpToTies(at, naive, got);
      } else {
        assertClose(at + ", " + statistic, got, expected, TOLERANCE);
      }
      double mean = Arrays.stream(expected).filter(Double::isFinite).average().orElse(Double.NaN);
      if (!statistic.equals(Statistic.MAX_KEY)) {
        assertClose(
            at + ", mean " + statistic,
            new double[] {actual.mean(statistic, head, row)},
            new double[] {mean},
            TOLERANCE);
      }
    }
    assertClose(at + ", received", actual.received(head, row), naive.received(), TOLERANCE);
    int[] columns = c.tokens.columns(row);
    for (int i = 0; i < columns.length; i++) {
      int from = c.at(row, columns[i], head, c.heads, 0);
      assertClose(at + ", z " + i, Arrays.copyOfRange(z, from, from + c.d), naive.z[i], TOLERANCE);
    }
  }

  /** Where two keys are as probable up to rounding, either may be named. */
  private static void assertSameUpToTies(String at, NaiveAttention naive, double[] keys) {
    for (int i = 0; i < keys.length; i++) {
      double most = Arrays.stream(naive.pattern[i]).max().orElseThrow();
      if (most == 0) {
        assertThat(keys[i]).as(at).isNaN();
      } else {
        assertThat(naive.pattern[i][(int) keys[i]]).as(at).isGreaterThan(most - 1e-6);
      }
    }
  }

  private static void compareKeys(
      String at, NaiveAttention naive, LayerStatistics actual, int row, int head) {
    int[][] keys = actual.topKeys(head, row);
    double[][] probabilities = actual.topProbabilities(head, row);
    for (int i = 0; i < keys.length; i++) {
      double[] p = naive.pattern[i];
      double[] scores = naive.scores[i];
      double[] expected =
          IntStream.range(0, p.length)
              .filter(j -> scores[j] > Double.NEGATIVE_INFINITY)
              .mapToDouble(j -> -p[j])
              .sorted()
              .map(x -> -x)
              .toArray();
      for (int rank = 0; rank < 4; rank++) {
        if (rank >= expected.length) {
          assertThat(keys[i][rank]).as(at).isEqualTo(-1);
        } else {
          assertThat(probabilities[i][rank]).as(at).isCloseTo(expected[rank], within());
          assertThat(p[keys[i][rank]]).as(at).isCloseTo(expected[rank], within());
        }
      }
      assertThat(Arrays.stream(keys[i]).filter(key -> key >= 0).distinct().count())
          .isEqualTo(Math.min(4, expected.length));
    }
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.data.Offset.offset(TOLERANCE);
  }

  private static void assertClose(String what, double[] actual, double[] expected, double bound) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      boolean same = Double.compare(actual[i], expected[i]) == 0;
      double allowed = bound * Math.max(1, Math.abs(expected[i]));
      assertThat(same || Math.abs(actual[i] - expected[i]) <= allowed)
          .as("%s at %d: %s, expected %s", what, i, actual[i], expected[i])
          .isTrue();
    }
  }
}
