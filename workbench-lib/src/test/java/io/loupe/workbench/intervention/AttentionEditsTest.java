package io.loupe.workbench.intervention;

import static io.loupe.workbench.intervention.AttentionEdits.dropKeyValues;
import static io.loupe.workbench.intervention.AttentionEdits.evictKeyValues;
import static io.loupe.workbench.intervention.AttentionEdits.knockout;
import static io.loupe.workbench.intervention.AttentionEdits.lowRank;
import static io.loupe.workbench.intervention.AttentionEdits.mask;
import static io.loupe.workbench.intervention.AttentionEdits.mergeKeyValues;
import static io.loupe.workbench.intervention.AttentionEdits.pattern;
import static io.loupe.workbench.intervention.AttentionEdits.quantise;
import static io.loupe.workbench.intervention.AttentionEdits.restrict;
import static io.loupe.workbench.intervention.AttentionEdits.reweight;
import static io.loupe.workbench.intervention.AttentionEdits.samePattern;
import static io.loupe.workbench.intervention.AttentionEdits.temperature;
import static io.loupe.workbench.site.Head.head;
import static io.loupe.workbench.site.Sites.K;
import static io.loupe.workbench.site.Sites.MASK;
import static io.loupe.workbench.site.Sites.PATTERN;
import static io.loupe.workbench.site.Sites.SCORES;
import static io.loupe.workbench.site.Sites.V;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.KeyValueIntervention.QuantisedBy;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Edits of attention against computations by hand. */
class AttentionEditsTest {
  private static final int LENGTH = 6;
  private static final Tokens TOKENS =
      Tokens.of(new long[] {1, 2, 3, 4, 5, 6}, new long[] {9, 8, 7, 6, 5, 4})
          .withSpans(0, List.of(new Span("name", 1, 3), new Span("end", 5, 6)))
          .withSpans(1, List.of(new Span("name", 2, 4), new Span("end", 4, 6)));

  private final HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
  private final HookedTransformer grouped = TinyModels.llama(LoadOptions.DOUBLE);

  /** Returns [row][head][query][key]. */
  private static double[][][][] read(HookedTransformer model, HookPoint at, Tokens tokens) {
    NDArray all = model.run(tokens, Capture.at(at)).cache().get(at);
    return IntStream.range(0, tokens.batch())
        .mapToObj(row -> Tensors.matrices(all.get(row)))
        .toArray(double[][][][]::new);
  }

  private double[][][][] patterns(int layer, Intervention... edits) {
    return read(model.with(edits), PATTERN.at(layer), TOKENS);
  }

  private static double[] softmax(double[] scores) {
    double sum = Arrays.stream(scores).map(Math::exp).sum();
    return Arrays.stream(scores).map(score -> Math.exp(score) / sum).toArray();
  }

  // scores and pattern

  @Test
  void knockoutHidesKeysOfEachRowsSpanBeforeTheSoftmax() {
    double[][][][] scores = read(model, SCORES.at(1), TOKENS);
    double[][][][] after = patterns(1, knockout(head(1, 2), Slice.between("end", "name")));
    int[][] names = {{1, 2}, {2, 3}};
    int[][] ends = {{5}, {4, 5}};
    for (int row = 0; row < 2; row++) {
      for (int head = 0; head < 4; head++) {
        for (int query = 0; query < LENGTH; query++) {
          double[] expected = scores[row][head][query].clone();
          if (head == 2 && contains(ends[row], query)) {
            for (int name : names[row]) {
              expected[name] = Double.NEGATIVE_INFINITY;
            }
          }
          assertThat(after[row][head][query])
              .as("row %d head %d query %d", row, head, query)
              .containsExactly(softmax(expected), within(1e-12));
        }
      }
    }
  }

  private static boolean contains(int[] all, int one) {
    return Arrays.stream(all).anyMatch(each -> each == one);
  }

  @Test
  void knockoutInAWindowOfLayersAndInHeadSets() {
    assertThat(knockout(0, 2, Slice.keys(0).and(Axis.QUERY_POS, 3))).hasSize(2);
    List<Intervention> heads =
        knockout(HeadSet.parse("L0H1 L2H0 L2H3"), Slice.keys(0).and(Axis.QUERY_POS, 3));
    double[][][][] after = read(model.with(heads), PATTERN.at(2), TOKENS);
    assertThat(after[0][0][3][0]).isZero();
    assertThat(after[0][3][3][0]).isZero();
    assertThat(after[0][1][3][0]).isPositive();
    assertThat(after[0][0][4][0]).isPositive();
  }

  @Test
  void aQueryWithoutAnyKeyIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(knockout(1, Slice.keys(0))).run(TOKENS))
        .withMessageContaining("query at position 0 of row 0")
        .withMessageContaining("leave it one");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> model.with(mask(1, MaskRule.named("none", (t, r, q, k) -> false))).run(TOKENS))
        .withMessageContaining("no key to see");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> model.with(reweight(1, Slice.keys(0).and(Axis.QUERY_POS, 0), 0)).run(TOKENS))
        .withMessageContaining("nothing to attend to");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(knockout(HeadSet.of(), Slice.keys(0))))
        .withMessageContaining("empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(knockout(head(1, 4), Slice.keys(0))))
        .withMessageContaining("there is no HEAD 4; there are 0 to 3");
  }

  @Test
  void reweightedRowsSumToOne() {
    double[][][][] before = patterns(1);
    double[][][][] after =
        patterns(1, reweight(head(1, 2), Slice.keys(0, 3).and(Axis.QUERY_POS, 3, 5), 4));
    for (int query = 0; query < LENGTH; query++) {
      double[] expected = before[1][2][query].clone();
      if (query == 3 || query == 5) {
        expected[0] *= 4;
        expected[3] *= 4;
        double sum = Arrays.stream(expected).sum();
        expected = Arrays.stream(expected).map(x -> x / sum).toArray();
      }
      assertThat(after[1][2][query]).containsExactly(expected, within(1e-12));
      assertThat(after[1][1][query]).containsExactly(before[1][1][query]);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> reweight(1, Slice.queries(1), 2))
        .withMessageContaining("Slice.keys(0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> reweight(1, Slice.keys(1), -1))
        .withMessageContaining("at least 0");
  }

  @Test
  void temperatureDividesScores() {
    double[][][][] scores = read(model, SCORES.at(1), TOKENS);
    double[][][][] after =
        patterns(1, temperature(1, Slice.at(Axis.HEAD, 3).and(Axis.QUERY_POS, -1), 0.25));
    double[] sharper = Arrays.stream(scores[0][3][5]).map(score -> score / 0.25).toArray();
    assertThat(after[0][3][5]).containsExactly(softmax(sharper), within(1e-12));
    assertThat(after[0][3][4]).containsExactly(softmax(scores[0][3][4]), within(1e-12));
    double[][][][] flat = patterns(1, temperature(head(1, 0), Double.POSITIVE_INFINITY));
    assertThat(flat[1][0][3])
        .containsExactly(new double[] {0.25, 0.25, 0.25, 0.25, 0, 0}, within(1e-12));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> temperature(head(1, 0), 0))
        .withMessageContaining("above 0");
  }

  @Test
  void patternsOfOtherHeadsLayersRunsAndFixedOnes() {
    double[][][][] first = patterns(0);
    double[][][][] same = patterns(2, samePattern(head(2, 1), head(0, 3)));
    assertThat(same[1][1]).isDeepEqualTo(first[1][3]);
    assertThat(same[1][0]).isNotEqualTo(first[1][3]);
    assertThat(patterns(2, samePattern(2, 0))).isDeepEqualTo(first);
    // what the donor has after its own edits
    double[][][][] edited =
        patterns(2, temperature(head(0, 3), 0.1), samePattern(head(2, 1), head(0, 3)));
    assertThat(edited[0][1]).isDeepEqualTo(patterns(0, temperature(head(0, 3), 0.1))[0][3]);

    Run other = model.run(Tokens.of(new long[6], new long[6]), Capture.at(PATTERN.at(2)));
    double[][][][] swapped = patterns(1, pattern(head(1, 0), head(2, 3), other.cache()));
    assertThat(swapped[0][0])
        .isDeepEqualTo(Tensors.matrix(other.cache().get(PATTERN.at(2)).get(0).get(3)));

    NDArray diagonal = other.logits().getManager().eye(LENGTH);
    double[][][][] fixed = patterns(1, pattern(head(1, 0), diagonal));
    assertThat(fixed[1][0][4]).containsExactly(0, 0, 0, 0, 1, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(samePattern(head(0, 1), head(1, 1))))
        .withMessageContaining("must come before it");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(samePattern(head(2, 1), head(1, 9))))
        .withMessageContaining("no HEAD 9");
  }

  // masks

  private static void assertVisible(
      double[][][][] patterns, int row, int head, IntUnaryOperator keysOfQuery) {
    for (int query = 0; query < LENGTH; query++) {
      int bits = 0;
      for (int key = 0; key < LENGTH; key++) {
        bits |= patterns[row][head][query][key] > 0 ? 1 << key : 0;
      }
      assertThat(Integer.toBinaryString(bits))
          .as("row %d head %d query %d", row, head, query)
          .isEqualTo(Integer.toBinaryString(keysOfQuery.applyAsInt(query)));
    }
  }

  private static int upTo(int query) {
    return (1 << query + 1) - 1;
  }

  @Test
  void maskRulesShowTheKeysThatTheySay() {
    Slice head2 = Slice.at(Axis.HEAD, 2);
    double[][][][] window = patterns(1, mask(1, head2, MaskRule.windowWithSinks(2, 1)));
    assertVisible(window, 0, 2, query -> (3 << query >> 1 | 1) & upTo(query));
    assertVisible(window, 0, 1, AttentionEditsTest::upTo);
    assertVisible(patterns(1, mask(1, MaskRule.window(1))), 1, 0, query -> 1 << query);
    assertVisible(patterns(1, mask(1, MaskRule.offset(2))), 1, 3, q -> q < 2 ? 1 << q : 1 << q - 2);
    assertVisible(patterns(1, mask(1, MaskRule.bidirectional())), 1, 3, query -> 0b111111);
    assertVisible(
        patterns(1, restrict(1, Slice.ALL, MaskRule.bidirectional())),
        1,
        3,
        AttentionEditsTest::upTo);
    int[] name = {0b000110, 0b001100};
    int[] end = {0b100000, 0b110000};
    for (int row = 0; row < 2; row++) {
      int names = name[row];
      int ends = end[row];
      assertVisible(
          patterns(1, restrict(1, Slice.ALL, MaskRule.blocks("name", "end"))),
          row,
          0,
          q -> upTo(q) & ~((names >> q & 1) > 0 ? ends : (ends >> q & 1) > 0 ? names : 0));
      assertVisible(
          patterns(1, mask(1, MaskRule.apart("end", "name").and(MaskRule.causal()))),
          row,
          0,
          q -> upTo(q) & ~((ends >> q & 1) > 0 ? names : 0));
    }
    assertThat(mask(1, MaskRule.windowWithSinks(2, 1)).toString())
        .contains("window 2 with 1 sinks");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaskRule.blocks("one"))
        .withMessageContaining("at least two");
  }

  /** The unmasked scores of a causal model are those of its queries and keys. */
  @Test
  void aBidirectionalLayerAttendsByItsScores() {
    Run run = model.run(TOKENS, Capture.of(io.loupe.workbench.site.Sites.Q, K));
    double[][][][] after = patterns(0, mask(0, MaskRule.bidirectional()));
    NDArray q = run.cache().get(io.loupe.workbench.site.Sites.Q.at(0)).get(1).transpose(1, 0, 2);
    NDArray k = run.cache().get(K.at(0)).get(1).transpose(1, 2, 0);
    double[][] scores = Tensors.matrix(q.matMul(k).div(Math.sqrt(12)).get(3));
    for (int query = 0; query < LENGTH; query++) {
      assertThat(after[1][3][query]).containsExactly(softmax(scores[query]), within(1e-12));
    }
  }

  @Test
  void masksSkipPadding() {
    Tokens padded = Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4}, new long[] {8, 9});
    HookedTransformer edited = model.with(mask(1, MaskRule.bidirectional()));
    double[][][][] after = read(edited, PATTERN.at(1), padded);
    assertThat(after[1][0][0]).containsExactly(1, 0, 0, 0); // padding sees itself
    assertThat(after[1][0][2][0]).isZero();
    assertThat(after[1][0][2][3]).isPositive();
    Tokens alone = Tokens.of(new long[] {8, 9});
    double[][][][] single = read(edited, PATTERN.at(1), alone);
    assertThat(after[1][0][2][3]).isEqualTo(single[0][0][0][1], within(1e-12));
    double[][][][] hidden =
        read(model.with(knockout(1, Slice.keys(0).and(Axis.QUERY_POS, 1))), PATTERN.at(1), padded);
    assertThat(hidden[1][0][3]).containsExactly(0, 0, 0, 1);
  }

  @Test
  void theMaskIsAnActivationLikeAnyOther() {
    double[][][][] values = read(model, MASK.at(0), TOKENS);
    assertThat(values[1][3][1]).containsExactly(0, 0, -1.0 / 0, -1.0 / 0, -1.0 / 0, -1.0 / 0);
  }

  // keys and values

  @Test
  void droppedKeysAreSeenByNoOtherTokenInLaterLayers() {
    List<Intervention> dropped = dropKeyValues(model.config(), 0, Slice.keys(1, 2));
    assertThat(dropped).hasSize(2);
    HookedTransformer edited = model.with(dropped);
    assertVisible(read(edited, PATTERN.at(0), TOKENS), 0, 1, AttentionEditsTest::upTo);
    assertVisible(read(edited, PATTERN.at(1), TOKENS), 0, 1, q -> upTo(q) & (0b111001 | 1 << q));
    List<Intervention> evicted = evictKeyValues(model.config(), -1, Slice.keys(1, 3));
    assertVisible(
        read(model.with(evicted), PATTERN.at(0), TOKENS),
        0,
        1,
        q -> q <= 3 ? upTo(q) : upTo(q) & 0b110101);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> dropKeyValues(model.config(), 2, Slice.keys(1)))
        .withMessageContaining("are none");
  }

  /**
   * One query behind the merged tokens, by hand: it sees 0, 3 and 4; 3 holds the mean of 1 to 3.
   */
  @Test
  void mergedKeysAndValuesAreTheirMeanAndStandAtTheLast() {
    List<Intervention> merged = mergeKeyValues(model.config(), 1, Slice.keys(1, 2, 3));
    Run before = model.run(TOKENS, Capture.of(io.loupe.workbench.site.Sites.Q, K, V));
    double[][] q = byToken(before, io.loupe.workbench.site.Sites.Q.at(2));
    double[][] k = byToken(before, K.at(2));
    double[][] v = byToken(before, V.at(2));
    double[][] keys = {k[0], mean(k[1], k[2], k[3]), k[4]};
    double[][] values = {v[0], mean(v[1], v[2], v[3]), v[4]};
    double[] scores = new double[3];
    for (int i = 0; i < 3; i++) {
      scores[i] = dot(q[4], keys[i]) / Math.sqrt(12);
    }
    double[] pattern = softmax(scores);
    double[] z = new double[12];
    for (int i = 0; i < 3; i++) {
      for (int d = 0; d < 12; d++) {
        z[d] += pattern[i] * values[i][d];
      }
    }
    HookPoint at = io.loupe.workbench.site.Sites.Z.at(2);
    Run after = model.with(merged).run(TOKENS, Capture.at(at));
    assertThat(byToken(after, at)[4]).containsExactly(z, within(1e-12));
    // tokens before the last of them see what they saw
    Run plain = model.run(TOKENS, Capture.at(at));
    assertThat(byToken(after, at)[2]).containsExactly(byToken(plain, at)[2], within(1e-12));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mergeKeyValues(model.config(), 1, Slice.ALL))
        .withMessageContaining("Slice.keys(1, 2, 3)");
    assertThat(mergeKeyValues(grouped.config(), 1, Slice.ALL.andSpan(Axis.KEY_POS, "name")))
        .anyMatch(each -> each.at().toString().contains("hook_rot_k"));
  }

  /** Returns head 1 of row 0, [pos][d_head]. */
  private static double[][] byToken(Run run, HookPoint at) {
    return Tensors.matrix(run.cache().get(at).get(0).get(":, 1"));
  }

  private static double[] mean(double[]... vectors) {
    double[] mean = new double[vectors[0].length];
    for (double[] vector : vectors) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += vector[i] / vectors.length;
      }
    }
    return mean;
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  /** Rank 1 is x v v', v the direction that keeps most, found by power iteration. */
  @Test
  void lowRankKeepsTheDirectionsThatHoldMost() {
    Tokens padded =
        Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5, 6}, new long[] {9, 8, 7});
    HookPoint at = V.at(1);
    for (HookedTransformer each : List.of(model, grouped)) {
      double[][][] before =
          Tensors.matrices(each.run(padded, Capture.at(at)).cache().get(at).get(1));
      Intervention edit = lowRank(at, Slice.at(Axis.KV_HEAD, 1), 1);
      Run run = each.with(edit).run(padded, Capture.at(at));
      double[][][] after = Tensors.matrices(run.cache().get(at).get(1));
      double[] v = new double[12];
      Arrays.fill(v, 1);
      for (int round = 0; round < 2000; round++) {
        double[] next = new double[12];
        for (int pos = 3; pos < 6; pos++) {
          double along = dot(before[pos][1], v);
          for (int i = 0; i < 12; i++) {
            next[i] += along * before[pos][1][i];
          }
        }
        double norm = Math.sqrt(dot(next, next));
        v = Arrays.stream(next).map(x -> x / norm).toArray();
      }
      for (int pos = 3; pos < 6; pos++) {
        double along = dot(before[pos][1], v);
        double[] expected = Arrays.stream(v).map(x -> x * along).toArray();
        assertThat(after[pos][1]).containsExactly(expected, within(1e-9));
        assertThat(after[pos][0]).containsExactly(before[pos][0]);
      }
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(lowRank(PATTERN.at(1), Slice.ALL, 1)))
        .withMessageContaining("keys or values");
  }

  @Test
  void quantisedToLevelsBetweenSmallestAndLargest() {
    HookPoint at = K.at(1);
    double[][] before = byToken(model.run(TOKENS, Capture.at(at)), at);
    for (QuantisedBy by : QuantisedBy.values()) {
      Run run = model.with(quantise(at, Slice.ALL, 2, by)).run(TOKENS, Capture.at(at));
      double[][] after = byToken(run, at);
      for (int pos = 0; pos < LENGTH; pos++) {
        for (int i = 0; i < 12; i++) {
          double[] range = by == QuantisedBy.TOKEN ? before[pos] : column(before, i);
          double low = Arrays.stream(range).min().orElseThrow();
          double step = (Arrays.stream(range).max().orElseThrow() - low) / 3;
          double expected = low + Math.rint((before[pos][i] - low) / step) * step;
          assertThat(after[pos][i]).isCloseTo(expected, within(1e-12));
        }
      }
    }
  }

  private static double[] column(double[][] matrix, int column) {
    return Arrays.stream(matrix).mapToDouble(row -> row[column]).toArray();
  }
}
