package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.AttentionSpec.QueryKeyNorm;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Circuits read off the weights against what the forward pass does, in float64. */
class HeadWeightsTest {
  private static final int POSITIONS = 4;
  private static final Tokens TOKENS =
      Tokens.of(new long[] {11, 12, 13, 14}, new long[] {9, 8, 7, 6});

  /** Their numbers of segments are not those of the configuration, which withWeights refuses. */
  private static final Set<String> OTHER_SEGMENTS =
      Set.of("variants/bert-relu", "variants/roberta-pad-0");

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all().filter(name -> !OTHER_SEGMENTS.contains(name));
  }

  /**
   * What a head's query and key have in common, in every family: the score is the QK circuit
   * between what both positions read. Biases are taken off first; of two prompts the difference is
   * taken, which ALiBi's term is not in.
   */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void qkIsTheScore(String name) throws IOException {
    HookedTransformer raw = withoutBiases(Checkpoints.load(name, LoadOptions.DOUBLE));
    for (HookedTransformer model : new HookedTransformer[] {raw, withoutBiases(raw.folded())}) {
      HeadWeights weights = HeadWeights.asTheyAre(model);
      ModelConfig config = model.config();
      ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
      for (int layer = 0; layer < config.layers(); layer++) {
        double[][][] read = read(cache, config, layer);
        double[][][][] scores = four(cache.get(Sites.SCORES.at(layer)));
        int index = layer % config.heads();
        Head head = new Head(layer, index);
        for (int query = 1; query < POSITIONS; query++) {
          for (int key = 0; key <= query; key++) {
            if (Double.isInfinite(scores[0][index][query][key])) {
              continue; // beyond a window
            }
            double[][] circuit = weights.qk(head, query - key).dense();
            double[] expected = new double[2];
            double[] actual = new double[2];
            for (int row = 0; row < 2; row++) {
              expected[row] =
                  uncapped(scores[row][index][query][key], config.attention().get(layer))
                      * scale(cache, config, Sites.Q, head, row, query)
                      * scale(cache, config, Sites.K, head, row, key);
              actual[row] = bilinear(read[row][query], circuit, read[row][key]);
            }
            if (config.attention().get(layer).positions() instanceof PositionSpec.Alibi) {
              expected[0] -= expected[1];
              actual[0] -= actual[1];
            }
            assertThat(actual[0])
                .as("%s %s %d %d", model.gauge().kind(), head, query, key)
                .isCloseTo(expected[0], within(1e-9 + 1e-9 * Math.abs(expected[0])));
          }
        }
      }
    }
  }

  /** What a head writes is its OV circuit of what it attends to. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void ovIsTheResult(String name) throws IOException {
    HookedTransformer raw = withoutBiases(Checkpoints.load(name, LoadOptions.DOUBLE));
    for (HookedTransformer model : new HookedTransformer[] {raw, withoutBiases(raw.folded())}) {
      HeadWeights weights = HeadWeights.asTheyAre(model);
      ModelConfig config = model.config();
      ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
      for (int layer = 0; layer < config.layers(); layer++) {
        double[][] read = read(cache, config, layer)[1];
        int index = (layer + 1) % config.heads();
        double[][] pattern = four(cache.get(Sites.PATTERN.at(layer)))[1][index];
        double[][] circuit = weights.ov(new Head(layer, index)).dense();
        double[][][][] results =
            four(
                model
                    .run(TOKENS, Capture.at(Sites.RESULT.at(layer)))
                    .cache()
                    .get(Sites.RESULT.at(layer)));
        double[] behind = behind(model, layer);
        for (int query = 0; query < POSITIONS; query++) {
          double[] mixed = new double[config.dModel()];
          for (int key = 0; key < POSITIONS; key++) {
            for (int i = 0; i < mixed.length; i++) {
              mixed[i] += pattern[query][key] * read[key][i];
            }
          }
          for (int out = 0; out < config.dModel(); out++) {
            double sum = 0;
            for (int i = 0; i < mixed.length; i++) {
              sum += mixed[i] * circuit[i][out];
            }
            double expected = results[1][query][index][out] * behind[out];
            assertThat(sum).isCloseTo(expected, within(1e-9 + 1e-9 * Math.abs(expected)));
          }
        }
      }
    }
  }

  @Test
  void vocabularyCircuitsAreMaterialisedProducts() throws IOException {
    HookedTransformer model = Checkpoints.load("golden/gpt2", LoadOptions.DOUBLE).folded();
    HeadWeights weights = HeadWeights.folded(model);
    Head head = new Head(2, 1);
    int from = head.index() * model.config().dHead();
    double[][] embedding = Tensors.matrix(model.weights().get("embed.W_E"));
    double[][] unembedding = Tensors.matrix(model.weights().get("unembed.W_U"));
    double[][] v = rows(model, "blocks.2.attn.W_V", from);
    double[][] o = Tensors.matrix(model.weights().get("blocks.2.attn.W_O"));
    double[][] q = rows(model, "blocks.2.attn.W_Q", from);
    double[][] k = rows(model, "blocks.2.attn.W_K", from);
    double[][] ov = weights.vocabularyOv(head).dense();
    double[][] qk = weights.vocabularyQk(head).dense();
    double[][] written = weights.writtenLogits(head, 5, 77);
    double[][] gram = weights.outputGram(head);
    double scale = 1 / Math.sqrt(model.config().dHead());
    for (int a : new int[] {0, 17, 127}) {
      for (int b : new int[] {3, 64, 126}) {
        double raised = 0;
        double looked = 0;
        for (int d = 0; d < v.length; d++) {
          double out = 0;
          for (int i = 0; i < o.length; i++) {
            out += o[i][from + d] * unembedding[b][i];
          }
          raised += dot(embedding[a], v[d]) * out;
          looked += scale * dot(embedding[a], q[d]) * dot(embedding[b], k[d]);
        }
        assertThat(ov[a][b]).isCloseTo(raised, within(1e-10));
        assertThat(qk[a][b]).isCloseTo(looked, within(1e-10));
      }
    }
    for (int d = 0; d < v.length; d++) {
      double logit = 0;
      double square = 0;
      for (double[] row : o) {
        square += row[from + d] * row[from + 1];
      }
      for (int i = 0; i < o.length; i++) {
        logit += o[i][from + d] * unembedding[77][i];
      }
      assertThat(written[d][1]).isCloseTo(logit, within(1e-10));
      assertThat(gram[d][1]).isCloseTo(square, within(1e-10));
    }
  }

  /** Tokens through the first MLP are the stream behind layer 0 if its heads write nothing. */
  @ParameterizedTest
  @MethodSource("plainStreams")
  void tokensThroughTheFirstMlpAreWhatLaterLayersSee(String name) throws IOException {
    HookedTransformer model =
        withZeros(
            Checkpoints.load(name, LoadOptions.DOUBLE).folded(),
            "pos_embed.W_pos",
            "blocks.0.attn.b_O");
    HeadWeights weights = HeadWeights.folded(model).with(TokenVectors.THROUGH_FIRST_MLP);
    Tokens tokens = Tokens.of(new long[] {23, 4});
    double[] after =
        Tensors.doubles(
            model
                .with(Interventions.zero(model.config().allHeads().inLayer(0)))
                .run(tokens, Capture.of(Sites.RESID_POST))
                .cache()
                .get(Sites.RESID_POST.at(0)));
    double[] before =
        Tensors.doubles(
            model.run(tokens, Capture.of(Sites.RESID_PRE)).cache().get(Sites.RESID_PRE.at(0)));
    double[][] later = Tensors.matrix(weights.tokens(new Head(1, 0)));
    double[][] first = Tensors.matrix(weights.tokens(new Head(0, 0)));
    for (int i = 0; i < model.config().dModel(); i++) {
      assertThat(later[23][i]).isCloseTo(after[i], within(1e-6));
      assertThat(later[4][i]).isCloseTo(after[model.config().dModel() + i], within(1e-6));
      assertThat(first[23][i]).isCloseTo(before[i], within(1e-6));
    }
    assertThat(weights.vocabularyOv(new Head(0, 0)).name()).endsWith("over embeddings");
    assertThat(weights.vocabularyOv(new Head(1, 0)).name()).endsWith("first MLP adds");
  }

  static Stream<String> plainStreams() {
    return Stream.of("golden/gpt2", "golden/llama", "golden/gemma", "golden/gptj", "golden/bloom");
  }

  @Test
  void float64IsAskedForAndGaugeAndOmissionsAreSaid() throws IOException {
    HookedTransformer model = Checkpoints.load("golden/qwen2", LoadOptions.DEFAULT);
    Head head = new Head(1, 2);
    FactoredMatrix narrow = HeadWeights.folded(model).vocabularyOv(head);
    FactoredMatrix wide = HeadWeights.folded(model).inFloat64().vocabularyOv(head);
    assertThat(narrow.left().getDataType().toString()).isEqualTo("float32");
    assertThat(wide.left().getDataType().toString()).isEqualTo("float64");
    assertThat(narrow.row(3)[5]).isCloseTo(wide.row(3)[5], within(1e-5));
    assertThat(wide.gauge().isFolded()).isTrue();
    assertThat(wide.notes()).anyMatch(note -> note.contains("scale of the final norm"));
    assertThat(wide.display().toString()).contains("folded weights");
    FactoredMatrix raw = HeadWeights.asTheyAre(model).ov(head);
    assertThat(raw.toString()).contains("raw weights");
    assertThat(raw.notes()).anyMatch(note -> note.contains("biases of values"));
    assertThat(HeadWeights.folded(model).ov(head).notes())
        .noneMatch(note -> note.contains("biases"));
    assertThat(HeadWeights.folded(model).qk(head, 1).notes())
        .anyMatch(note -> note.contains("biases of queries and keys"));
    assertThat(HeadWeights.folded(model).display().toString()).contains("folded");
    assertThat(notes("golden/gemma2")).anyMatch(note -> note.contains("soft cap"));
    assertThat(notes("golden/qwen3")).anyMatch(note -> note.contains("norms of queries"));
    assertThat(notes("golden/bloom")).anyMatch(note -> note.contains("ALiBi"));
    assertThat(notes("variants/llama-dynamic")).anyMatch(note -> note.contains("longer than"));
    assertThat(notes("golden/bert")).anyMatch(note -> note.contains("residual stream itself"));
  }

  private static List<String> notes(String name) throws IOException {
    return HeadWeights.folded(Checkpoints.load(name, LoadOptions.DEFAULT))
        .qk(new Head(0, 0), 0)
        .notes();
  }

  @Test
  void whatIsNotThereIsRefusedWithTheCallThatIs() throws IOException {
    HookedTransformer llama = Checkpoints.load("golden/llama", LoadOptions.DEFAULT);
    HookedTransformer bert = Checkpoints.load("golden/bert", LoadOptions.DEFAULT);
    HeadWeights turned = HeadWeights.folded(llama);
    Head head = new Head(0, 0);
    refused(() -> turned.qk(head), "qk(head, 1)");
    refused(() -> turned.vocabularyQk(head), "qk(head, 1)");
    refused(() -> turned.qk(head, -1), "looks back");
    refused(() -> turned.ov(new Head(3, 0)), "There is no head L3H0");
    refused(() -> turned.vocabularyOv(new Head(0, 8)), "3 layers of 8 heads");
    refused(() -> turned.writtenLogits(head, 128), "There is no token 128");
    refused(() -> HeadWeights.folded(bert).vocabularyOv(head), "dense layer");
    refused(() -> HeadWeights.folded(bert).writtenLogits(head, 1), "ov(head)");
    refused(
        () -> HeadWeights.folded(llama.with(Interventions.zero(head))),
        "Weights do not show what interventions do");
    assertThat(HeadWeights.folded(bert).qk(head, -1).rows()).isEqualTo(bert.config().dModel());
    HookedTransformer induction = HookedTransformer.load("induction-2l");
    refused(
        () -> HeadWeights.folded(induction).with(TokenVectors.THROUGH_FIRST_MLP), "has no MLPs");
  }

  static void refused(ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  // help

  private static double[][] rows(HookedTransformer model, String weight, int from) {
    return Arrays.copyOfRange(
        Tensors.matrix(model.weights().get(weight)), from, from + model.config().dHead());
  }

  private static HookedTransformer withoutBiases(HookedTransformer model) {
    return withZeros(
        model,
        model.weights().names().stream()
            .filter(name -> name.matches(".*attn\\.(b_[QKV]|[qk]_norm\\.b)"))
            .toArray(String[]::new));
  }

  private static HookedTransformer withZeros(HookedTransformer model, String... names) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (String name : model.weights().names()) {
      weights.put(name, model.weights().get(name));
    }
    for (String name : names) {
      weights.computeIfPresent(name, (n, w) -> NativeMemory.keep(w.zerosLike()));
    }
    return model.withWeights("without biases", new Weights(weights));
  }

  private static double[][][] read(ActivationCache cache, ModelConfig config, int layer) {
    Site site = config.has(Sites.LN1) ? Sites.LN1 : Sites.RESID_PRE;
    return Tensors.matrices(cache.get(site.at(layer)));
  }

  private static double[] behind(HookedTransformer model, int layer) {
    double[] ones = new double[model.config().dModel()];
    Arrays.fill(ones, 1);
    String name = "blocks." + layer + ".ln1_post.w";
    boolean has = model.config().block().norms().hasBehind();
    boolean sum = model.config().block().norms().streamIsSum();
    return has && sum && model.weights().names().contains(name)
        ? Tensors.doubles(model.weights().get(name))
        : ones;
  }

  /** What the norm of queries or keys divides by at a position; 1 without one. */
  private static double scale(
      ActivationCache cache, ModelConfig config, Site site, Head head, int row, int position) {
    QueryKeyNorm kind = config.attention().get(head.layer()).queryKeyNorm();
    if (kind == QueryKeyNorm.NONE) {
      return 1;
    }
    double[][] all = four(cache.get(site.at(head.layer())))[row][position];
    int group = config.heads() / all.length;
    double[] values =
        kind == QueryKeyNorm.EACH_HEAD
            ? all[head.index() / group]
            : Stream.of(all).flatMapToDouble(Arrays::stream).toArray();
    boolean centres = config.norm().kind() == NormSpec.Kind.LAYER_NORM;
    double mean = centres ? Arrays.stream(values).average().orElseThrow() : 0;
    double square = Arrays.stream(values).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    return Math.sqrt(square + config.norm().epsilon());
  }

  private static double uncapped(double score, AttentionSpec spec) {
    if (spec.softCap().isEmpty()) {
      return score;
    }
    double share = score / spec.softCap().getAsDouble();
    return spec.softCap().getAsDouble() * 0.5 * Math.log((1 + share) / (1 - share));
  }

  private static double bilinear(double[] left, double[][] matrix, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * dot(matrix[i], right);
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[][][][] four(NDArray tensor) {
    double[] flat = Tensors.doubles(tensor);
    long[] shape = tensor.getShape().getShape();
    double[][][][] all = new double[(int) shape[0]][(int) shape[1]][(int) shape[2]][];
    int at = 0;
    for (double[][][] a : all) {
      for (double[][] b : a) {
        for (int i = 0; i < b.length; i++) {
          b[i] = Arrays.copyOfRange(flat, at, at += (int) shape[3]);
        }
      }
    }
    return all;
  }
}
