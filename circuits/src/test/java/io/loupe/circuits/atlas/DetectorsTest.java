package io.loupe.circuits.atlas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.laboratory.CompiledModel;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Detectors against slow loops over whole patterns, and on models whose heads are known. */
class DetectorsTest {
  private static final Tokens TOKENS =
      Tokens.padded(
          Tokens.Padding.LEFT,
          new long[] {3, 17, 5, 17, 9, 5, 3, 17},
          new long[] {8, 2, 8, 2, 8},
          new long[] {1, 4, 6, 7, 10, 11});
  private static final Head FIRST = new Head(1, 0);
  private static final Head DECOY = new Head(1, 1);

  /** A value from one prompt's pattern of one head, [query][key]. */
  private interface Slow {
    double of(double[][] pattern, long[] ids);
  }

  @Test
  void whereHeadsLookIsWhatSlowLoopsOverPatternsSay() {
    same(HeadDetectors.previousToken(TOKENS), (p, ids) -> mean(p, 1, q -> p[q][q - 1]));
    same(HeadDetectors.offset(TOKENS, 3), (p, ids) -> mean(p, 3, q -> p[q][q - 3]));
    same(HeadDetectors.sink(TOKENS), (p, ids) -> mean(p, 1, q -> p[q][0]));
    same(
        HeadDetectors.distance(TOKENS),
        (p, ids) -> mean(p, 1, q -> sum(q, k -> p[q][k] * (q - k))));
    same(
        HeadDetectors.windowedDistance(TOKENS, 2),
        (p, ids) -> mean(p, 1, q -> sum(q, k -> p[q][k] * Math.min(2, q - k))));
    same(
        HeadDetectors.duplicateToken(TOKENS),
        (p, ids) ->
            mean(
                p,
                1,
                q ->
                    last(ids, q) < 0
                        ? Double.NaN
                        : sum(q - 1, k -> ids[k] == ids[q] ? p[q][k] : 0)));
    same(
        HeadDetectors.induction(TOKENS),
        (p, ids) -> mean(p, 1, q -> last(ids, q) < 0 ? Double.NaN : p[q][last(ids, q) + 1]));
    same(
        HeadDetectors.delimiter(TOKENS, Set.of(17L, 8L)),
        (p, ids) ->
            Arrays.stream(ids, 1, ids.length).noneMatch(id -> id == 17 || id == 8)
                ? Double.NaN
                : mean(
                    p, 0, q -> sum(q, k -> k > 0 && (ids[k] == 17 || ids[k] == 8) ? p[q][k] : 0)));
    same(
        HeadDetectors.futureInfluence(TOKENS, 2, 4),
        (p, ids) -> {
          double sum = 0;
          int keys = p.length - 2;
          for (int key = 0; key < keys; key++) {
            double received = 0;
            int queries = 0;
            for (int query = key + 2; query <= Math.min(key + 4, p.length - 1); query++) {
              received += p[query][key];
              queries++;
            }
            sum += received / queries;
          }
          return sum / keys;
        });
  }

  private static void same(HeadDetector detector, Slow slow) {
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      HeadMap map = detector.measure(model);
      for (int row = 0; row < TOKENS.batch(); row++) {
        long[] ids = TOKENS.row(row);
        ActivationCache cache =
            model.run(Tokens.of(ids), Capture.of(Sites.PATTERN)).cache(); // alone, so unpadded
        for (Head head : model.config().allHeads()) {
          double expected = slow.of(pattern(cache, head, ids.length, model.config().heads()), ids);
          double actual = map.perExample(head)[row];
          if (Double.isNaN(expected)) {
            assertThat(actual).as(map.name()).isNaN();
          } else {
            assertThat(actual)
                .as("%s %s %d", map.name(), head, row)
                .isCloseTo(expected, within(1e-5));
          }
        }
      }
    }
  }

  private static double[][] pattern(ActivationCache cache, Head head, int length, int heads) {
    NDArray all = cache.get(Sites.PATTERN.at(head.layer()));
    double[] flat = Tensors.doubles(all);
    double[][] pattern = new double[length][];
    for (int query = 0; query < length; query++) {
      int from = (head.index() * length + query) * length;
      pattern[query] = Arrays.copyOfRange(flat, from, from + length);
    }
    return pattern;
  }

  private static int last(long[] ids, int query) {
    for (int key = query - 1; key >= 0; key--) {
      if (ids[key] == ids[query]) {
        return key;
      }
    }
    return -1;
  }

  private static double mean(double[][] p, int from, IntToDoubleFunction of) {
    double[] values =
        IntStream.range(from, p.length).mapToDouble(of).filter(v -> !Double.isNaN(v)).toArray();
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static double sum(int lastKey, IntToDoubleFunction of) {
    return IntStream.rangeClosed(0, lastKey).mapToDouble(of).sum();
  }

  /** What is written, from whole patterns, values and output matrices. */
  @Test
  void whatHeadsWriteIsWhatSlowLoopsSay() {
    for (HookedTransformer raw : TinyModels.all(LoadOptions.DOUBLE)) {
      HookedTransformer model = raw.folded();
      HeadMap streaming = HeadDetectors.streaming(TOKENS, 1, 2).measure(raw);
      HeadMap dormant = HeadDetectors.dormant(TOKENS, 0.9).measure(raw);
      int heads = model.config().heads();
      int group = heads / model.config().kvHeads();
      int dHead = model.config().dHead();
      for (int row = 0; row < TOKENS.batch(); row++) {
        long[] ids = TOKENS.row(row);
        ActivationCache cache =
            model.run(Tokens.of(ids), Capture.of(Sites.PATTERN, Sites.V)).cache();
        for (int layer = 0; layer < model.config().layers(); layer++) {
          double[] v = Tensors.doubles(cache.get(Sites.V.at(layer)));
          double[][] o = Tensors.matrix(model.weights().get("blocks." + layer + ".attn.W_O"));
          double[][] lengths = new double[heads][ids.length];
          for (int head = 0; head < heads; head++) {
            double[][] p = pattern(cache, new Head(layer, head), ids.length, heads);
            double error = 0;
            double size = 0;
            for (int query = 0; query < ids.length; query++) {
              double seen = 0;
              for (int key = 0; key <= query; key++) {
                seen += key < 1 || query - key < 2 ? p[query][key] : 0;
              }
              for (double[] out : o) {
                double full = 0;
                double cut = 0;
                for (int key = 0; key <= query; key++) {
                  double moved = 0;
                  for (int d = 0; d < dHead; d++) {
                    int at = (key * model.config().kvHeads() + head / group) * dHead + d;
                    moved += v[at] * out[head * dHead + d];
                  }
                  full += p[query][key] * moved;
                  cut += key < 1 || query - key < 2 ? p[query][key] / seen * moved : 0;
                }
                error += (full - cut) * (full - cut);
                size += full * full;
                lengths[head][query] += full * full;
              }
              lengths[head][query] = Math.sqrt(lengths[head][query]);
            }
            assertThat(streaming.perExample(new Head(layer, head))[row])
                .isCloseTo(Math.max(0, 1 - error / size), within(1e-5));
          }
          for (int head = 0; head < heads; head++) {
            double quiet = 0;
            for (int query = 0; query < ids.length; query++) {
              int q = query;
              double mean = Arrays.stream(lengths).mapToDouble(l -> l[q]).average().orElseThrow();
              quiet += lengths[head][query] < 0.9 * mean ? 1 : 0;
            }
            assertThat(dormant.perExample(new Head(layer, head))[row])
                .isCloseTo(quiet / ids.length, within(1e-9));
          }
        }
      }
    }
  }

  /** Looking right is not enough: the decoy looks where the induction head looks. */
  @Test
  void theCompiledInductionHeadsAreFoundAndTheDecoyIsToldByWhatItWrites() {
    CompiledModel compiled = CompiledModels.uselessHead();
    HookedTransformer model = compiled.model();
    Tokens texts = texts(compiled);
    HeadMap previous = HeadDetectors.previousToken(texts).measure(model);
    assertThat(previous.score(new Head(0, 0))).isEqualTo(1);
    assertThat(previous.score(new Head(0, 1))).isEqualTo(1);
    assertThat(previous.score(FIRST)).isLessThan(0.5);
    HeadMap looks = HeadDetectors.induction(texts).measure(model);
    assertThat(looks.score(FIRST)).isEqualTo(1);
    assertThat(looks.score(DECOY)).isEqualTo(1);
    assertThat(looks.score(new Head(0, 0))).isLessThan(0.5);
    HeadMap copies = HeadDetectors.inductionCopying(texts).measure(model);
    assertThat(copies.score(FIRST)).isEqualTo(1);
    assertThat(copies.score(DECOY)).isZero();
    assertThat(HeadDetectors.sink(texts).measure(model).score(FIRST)).isGreaterThan(0.1);
    HeadMap streams = HeadDetectors.streaming(texts, 1, 2).measure(model);
    assertThat(streams.score(new Head(0, 0))).isEqualTo(1);
    assertThat(streams.score(FIRST)).isLessThan(0.9);
    HeadMap dormant = HeadDetectors.dormant(texts, 0.1).measure(silenced(model));
    assertThat(dormant.score(DECOY)).isEqualTo(1);
    assertThat(dormant.score(FIRST)).isZero();
  }

  @Test
  void aHeadThatLowersWhatItAttendsToIsCopySuppression() {
    CompiledModel compiled = CompiledModels.induction();
    Tokens texts = texts(compiled);
    HookedTransformer against = changed(compiled.model(), w -> w.mul(-1));
    HeadMap suppression = HeadDetectors.copySuppression(texts).measure(against);
    HeadMap looks = HeadDetectors.induction(texts).measure(against);
    assertThat(HeadDetectors.copySuppression(texts).measure(compiled.model()).score(FIRST))
        .isLessThan(1e-9);
    assertThat(suppression.score(FIRST)).isPositive();
    for (int row = 0; row < texts.batch(); row++) {
      long[] ids = texts.row(row);
      double matches = 0;
      for (int query = 1; query < ids.length; query++) {
        matches += last(ids, query) >= 0 ? 1 : 0;
      }
      assertThat(suppression.perExample(FIRST)[row])
          .isCloseTo(matches / (ids.length - 1), within(1e-6));
    }
    assertThat(looks.score(FIRST)).isEqualTo(1);
  }

  private static Tokens texts(CompiledModel compiled) {
    int begin = compiled.alphabet().first().orElseThrow(); // matched as no letter is
    int[][] inputs = compiled.random(12, 12, 3);
    long[][] rows = new long[inputs.length][12];
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < 12; i++) {
        rows[row][i] = i > 0 && inputs[row][i] == begin ? 0 : inputs[row][i];
      }
    }
    return Tokens.of(rows);
  }

  /** Without what L1H1 writes. */
  private static HookedTransformer silenced(HookedTransformer model) {
    double[] kept = new double[2 * model.config().dHead()];
    Arrays.fill(kept, 0, model.config().dHead(), 1);
    return changed(model, w -> w.mul(Tensors.as(w.getDataType(), w.getManager().create(kept))));
  }

  private static HookedTransformer changed(HookedTransformer model, UnaryOperator<NDArray> change) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (String name : model.weights().names()) {
      weights.put(name, model.weights().get(name));
    }
    String name = "blocks.1.attn.W_O";
    weights.put(name, NativeMemory.keep(change.apply(weights.get(name).duplicate())));
    return model.withWeights("changed", new Weights(weights));
  }

  @Test
  void whatIsNotThereIsRefusedBeforeAnyRun() throws IOException {
    Tokens different = Tokens.of(new long[] {1, 2, 3, 4});
    refused(() -> HeadDetectors.induction(different), "occur a second time");
    refused(() -> HeadDetectors.duplicateToken(different), "RepeatedTokens");
    refused(() -> HeadDetectors.inductionCopying(different), "'induction copying'");
    refused(() -> HeadDetectors.offset(different, 4), "5 tokens or more; row 0 has 4");
    refused(() -> HeadDetectors.streaming(different, 1, 4), "6 tokens or more");
    refused(() -> HeadDetectors.futureInfluence(different, 3, 2), "nearest <= farthest");
    refused(() -> HeadDetectors.dormant(different, 1), "between 0 and 1");
    refused(() -> HeadDetectors.successor(List.of()), "Successor.Series.NUMBERS");
    refused(() -> HeadDetectors.nameMover(List.of()), "at least one prompt");
    HookedTransformer gpt2 = TinyModels.gpt2(LoadOptions.DEFAULT);
    refused(
        () -> HeadDetectors.delimiter(different, Set.of(9L)).measure(gpt2),
        "texts with punctuation");
    HookedTransformer bert = Checkpoints.load("golden/bert", LoadOptions.DEFAULT);
    Tokens repeated = Tokens.of(new long[] {1, 2, 1, 2});
    for (HeadDetector detector :
        List.of(
            HeadDetectors.induction(repeated),
            HeadDetectors.inductionCopying(repeated),
            HeadDetectors.streaming(repeated, 1, 1),
            HeadDetectors.futureInfluence(repeated, 1, 2))) {
      refused(() -> detector.measure(bert), "is bidirectional");
    }
    assertThat(HeadDetectors.previousToken(repeated).measure(bert).examples()).isEqualTo(1);
    assertThat(Stream.of(HeadDetectors.sink(repeated).measure(gpt2).label()))
        .allMatch(label -> label.source().contains("2024") && label.definition().contains("first"));
  }

  static void refused(ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
