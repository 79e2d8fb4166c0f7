package io.loupe.workbench.nn;

import static io.loupe.workbench.nn.Gauge.Step.EMBEDDINGS_CENTRED;
import static io.loupe.workbench.nn.Gauge.Step.FINAL_NORM_INTO_UNEMBEDDING;
import static io.loupe.workbench.nn.Gauge.Step.NORMS_INTO_READERS;
import static io.loupe.workbench.nn.Gauge.Step.OUTPUTS_CENTRED;
import static io.loupe.workbench.nn.Gauge.Step.UNEMBEDDING_CENTRED;
import static io.loupe.workbench.nn.Gauge.Step.VALUE_BIASES_INTO_OUTPUT;
import static io.loupe.workbench.testing.Checkpoints.load;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.family.Families;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Gauge.Step;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.sweep.AblationSweep;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The folded gauge: the same probabilities from other weights. */
class FoldingTest {
  private static final double TOLERANCE = 1e-4;

  private static final Set<Step> ALL = EnumSet.allOf(Step.class);
  private static final Set<Step> WITH_RMS_NORM =
      EnumSet.of(NORMS_INTO_READERS, FINAL_NORM_INTO_UNEMBEDDING, UNEMBEDDING_CENTRED);
  private static final Set<Step> OF_ENCODERS =
      EnumSet.of(FINAL_NORM_INTO_UNEMBEDDING, VALUE_BIASES_INTO_OUTPUT, UNEMBEDDING_CENTRED);

  private static final Map<String, Set<Step>> STEPS =
      Map.ofEntries(
          Map.entry("golden/gpt2", ALL),
          Map.entry("golden/gpt_neo", ALL), // values get a bias from the norm before them
          Map.entry("golden/gpt_neox", ALL),
          Map.entry("golden/gptj", ALL),
          Map.entry("golden/opt", ALL),
          Map.entry("golden/phi", ALL),
          Map.entry("golden/bloom", without(ALL, EMBEDDINGS_CENTRED)),
          Map.entry("golden/llama", WITH_RMS_NORM),
          Map.entry("golden/mistral", WITH_RMS_NORM),
          Map.entry("golden/qwen3", WITH_RMS_NORM),
          Map.entry("golden/gemma", WITH_RMS_NORM),
          Map.entry("golden/gemma3_text", WITH_RMS_NORM),
          Map.entry("golden/phi3", WITH_RMS_NORM),
          Map.entry("golden/qwen2", with(WITH_RMS_NORM, VALUE_BIASES_INTO_OUTPUT)),
          Map.entry("golden/gemma2", without(WITH_RMS_NORM, UNEMBEDDING_CENTRED)),
          Map.entry("golden/olmo2", without(WITH_RMS_NORM, NORMS_INTO_READERS)),
          Map.entry("golden/bert", OF_ENCODERS),
          Map.entry("golden/roberta", OF_ENCODERS),
          Map.entry("golden/distilbert", OF_ENCODERS),
          Map.entry("variants/llama-biases", with(WITH_RMS_NORM, VALUE_BIASES_INTO_OUTPUT)),
          Map.entry(
              "variants/opt-no-bias",
              EnumSet.of(EMBEDDINGS_CENTRED, OUTPUTS_CENTRED, UNEMBEDDING_CENTRED)),
          Map.entry(
              "variants/opt-no-final-norm",
              EnumSet.of(NORMS_INTO_READERS, VALUE_BIASES_INTO_OUTPUT, UNEMBEDDING_CENTRED)),
          Map.entry(
              "variants/opt-post-norm", EnumSet.of(VALUE_BIASES_INTO_OUTPUT, UNEMBEDDING_CENTRED)),
          Map.entry("variants/bloom-residual-after-norm", OF_ENCODERS));

  private static Set<Step> with(Set<Step> steps, Step more) {
    EnumSet<Step> all = EnumSet.copyOf(steps);
    all.add(more);
    return all;
  }

  private static Set<Step> without(Set<Step> steps, Step less) {
    EnumSet<Step> rest = EnumSet.copyOf(steps);
    rest.remove(less);
    return rest;
  }

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  // probabilities stay

  @ParameterizedTest
  @MethodSource("checkpoints")
  void probabilitiesAreThoseOfTheOtherImplementation(String checkpoint) throws IOException {
    HookedTransformer model = load(checkpoint, LoadOptions.DEFAULT);
    Expected expected = Expected.of(checkpoint);
    Tokens tokens = expected.tokens("input_ids");
    NDArray folded = model.folded().run(tokens).logits();
    NDArray theirs = folded.getManager().create(expected.values("logits"), folded.getShape());
    assertClose(folded, theirs, TOLERANCE);
    assertClose(folded, model.run(tokens).logits(), TOLERANCE);
  }

  /** In float64 what is left is rounding: the gauge is exact, not near. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void theGaugeIsExact(String checkpoint) throws IOException {
    HookedTransformer model = load(checkpoint, LoadOptions.DOUBLE);
    HookedTransformer folded = model.folded();
    Expected expected = Expected.of(checkpoint);
    Tokens padded = Tokens.masked(expected.ids("input_ids"), expected.ids("attention_mask"));
    for (Tokens tokens : new Tokens[] {expected.tokens("corrupt_ids"), padded}) {
      NDArray raw = model.run(tokens).logits();
      NDArray other = folded.run(tokens).logits();
      assertClose(other, raw, 1e-10);
      if (!folded.gauge().done().contains(UNEMBEDDING_CENTRED)) {
        assertThat(other.sub(raw).abs().max().getDouble()).isLessThan(1e-10);
      }
    }
  }

  private static void assertClose(NDArray logits, NDArray expected, double tolerance) {
    double[] difference = Tensors.doubles(logits.logSoftmax(-1).sub(expected.logSoftmax(-1)));
    for (double d : difference) {
      assertThat(d).isCloseTo(0, within(tolerance)); // fails for NaN
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gptj", "bloom", "qwen2", "olmo2"})
  void generatesTheSameText(String family) throws IOException {
    HookedTransformer model = load("golden/" + family, LoadOptions.DEFAULT);
    Tokens prompt = Tokens.of(new long[] {5, 9, 31, 2}, new long[] {3, 4, 5, 6});
    Tokens raw = model.generate(prompt, 10);
    assertThat(model.folded().generate(prompt, 10).ids()).isDeepEqualTo(raw.ids());
  }

  // which steps

  @Test
  void theStepsOfEachFamily() throws IOException {
    assertThat(STEPS.keySet())
        .containsAll(
            Families.names().stream()
                .filter(name -> !name.equals("loupe")) // ours has no golden checkpoint
                .map("golden/"::concat)
                .toList());
    for (Map.Entry<String, Set<Step>> family : STEPS.entrySet()) {
      Gauge gauge = load(family.getKey(), LoadOptions.DEFAULT).folded().gauge();
      assertThat(gauge.done()).as(family.getKey()).isEqualTo(family.getValue());
      assertThat(with(gauge.left().keySet(), gauge.done())).as(family.getKey()).isEqualTo(ALL);
    }
  }

  private static Set<Step> with(Set<Step> some, Set<Step> more) {
    EnumSet<Step> all = EnumSet.noneOf(Step.class);
    all.addAll(some);
    all.addAll(more);
    return all;
  }

  @Test
  void theGaugeSaysWhyAStepWasLeft() throws IOException {
    assertLeft("golden/bert", NORMS_INTO_READERS, "no norm stands before");
    assertLeft("golden/bert", OUTPUTS_CENTRED, "stream itself is normalised");
    assertLeft("golden/bloom", EMBEDDINGS_CENTRED, "norm stands behind the embeddings");
    assertLeft("golden/llama", EMBEDDINGS_CENTRED, "root-mean-square norm sees the mean");
    assertLeft("golden/llama", VALUE_BIASES_INTO_OUTPUT, "no biases");
    assertLeft("golden/gemma2", UNEMBEDDING_CENTRED, "capped");
    assertLeft("golden/gemma2", OUTPUTS_CENTRED, "norm stands behind attention and MLP");
    assertLeft("variants/opt-no-bias", NORMS_INTO_READERS, "have no weights");
    assertLeft("variants/opt-no-bias", FINAL_NORM_INTO_UNEMBEDDING, "has no weights");
    assertLeft("variants/opt-no-final-norm", FINAL_NORM_INTO_UNEMBEDDING, "no final norm");
    assertLeft("variants/opt-no-final-norm", OUTPUTS_CENTRED, "head reads the residual stream");
    assertLeft("variants/bloom-residual-after-norm", NORMS_INTO_READERS, "residual stream too");
  }

  private static void assertLeft(String checkpoint, Step step, String reason) throws IOException {
    Gauge gauge = load(checkpoint, LoadOptions.DEFAULT).folded().gauge();
    assertThat(gauge.left().get(step)).as(checkpoint).contains(reason);
    assertThat(gauge.display().toString()).contains(reason);
  }

  /** No checkpoint has these: layer norms behind the parts, a head with a dense layer. */
  @Test
  void whereOnlySomeMeansAreLost() {
    HookedTransformer around = layerNormed(BlockSpec.Norms.AROUND, HeadSpec.NORMED);
    assertThat(around.folded().gauge().done())
        .contains(EMBEDDINGS_CENTRED)
        .doesNotContain(OUTPUTS_CENTRED);
    HookedTransformer behind = layerNormed(BlockSpec.Norms.BEHIND, HeadSpec.NORMED);
    assertThat(behind.folded().gauge().left().get(EMBEDDINGS_CENTRED)).contains("without a norm");
    HeadSpec dense = new HeadSpec(Optional.of(Activation.GELU), true, OptionalDouble.of(2));
    HookedTransformer capped = layerNormed(BlockSpec.Norms.BEFORE, dense);
    assertThat(capped.folded().gauge().done())
        .containsExactly(NORMS_INTO_READERS, FINAL_NORM_INTO_UNEMBEDDING, VALUE_BIASES_INTO_OUTPUT);
    Tokens tokens = Tokens.of(new long[] {1, 2, 3, 4, 5});
    for (HookedTransformer model : new HookedTransformer[] {around, behind, capped}) {
      assertClose(model.folded().run(tokens).logits(), model.run(tokens).logits(), 1e-10);
    }
  }

  private static HookedTransformer layerNormed(BlockSpec.Norms norms, HeadSpec head) {
    ModelConfig tiny = TinyModels.gpt2(LoadOptions.DEFAULT).config();
    return HookedTransformer.random(
        new ModelConfig(
            "made up",
            tiny.sizes(),
            tiny.norm(),
            tiny.embedding(),
            tiny.attention(),
            new BlockSpec(norms, false),
            tiny.mlp(),
            head),
        3,
        LoadOptions.DOUBLE);
  }

  // what the weights are then

  @Test
  void theStreamHasNoMeanAndNormsOnlyNormalise() throws IOException {
    HookedTransformer model = load("golden/gpt2", LoadOptions.DOUBLE).folded();
    ActivationCache cache =
        model.runWithCache(Expected.of("golden/gpt2").tokens("input_ids")).cache();
    for (int layer = 0; layer < 3; layer++) {
      assertThat(mean(cache, Sites.RESID_PRE.at(layer))).isLessThan(1e-12);
      assertThat(mean(cache, Sites.RESID_MID.at(layer))).isLessThan(1e-12);
      assertThat(mean(cache, Sites.RESID_POST.at(layer))).isLessThan(1e-12);
      NDArray x = cache.get(Sites.RESID_PRE.at(layer));
      NDArray scale = x.square().mean(new int[] {2}, true).add(1e-5).sqrt();
      double error = cache.get(Sites.LN1.at(layer)).sub(x.div(scale)).abs().max().getDouble();
      assertThat(error).isLessThan(1e-10); // the fused norm takes epsilon as a float
      for (String norm : new String[] {"blocks." + layer + ".ln1", "blocks." + layer + ".ln2"}) {
        assertThat(Tensors.doubles(model.weights().get(norm + ".w"))).containsOnly(1);
        assertThat(Tensors.doubles(model.weights().get(norm + ".b"))).containsOnly(0);
      }
      assertThat(Tensors.doubles(model.weights().get("blocks." + layer + ".attn.b_V")))
          .containsOnly(0);
    }
    assertThat(Tensors.doubles(model.weights().get("ln_final.w"))).containsOnly(1);
    assertThat(mean(cache, Sites.LOGITS.here())).isLessThan(1e-12);
  }

  /** The embeddings' norm gives a mean that no weight can take off; layers add none. */
  @Test
  void behindAnEmbeddingNormTheStreamKeepsTheMeanItStartsWith() throws IOException {
    HookedTransformer model = load("golden/bloom", LoadOptions.DOUBLE).folded();
    ActivationCache cache =
        model.runWithCache(Expected.of("golden/bloom").tokens("input_ids")).cache();
    NDArray start = cache.get(Sites.RESID_PRE.at(0)).mean(new int[] {2});
    assertThat(start.abs().max().getDouble()).isGreaterThan(1e-3);
    NDArray end = cache.get(Sites.RESID_POST.at(2)).mean(new int[] {2});
    assertThat(end.sub(start).abs().max().getDouble()).isLessThan(1e-12);
  }

  private static double mean(ActivationCache cache, HookPoint point) {
    return cache.get(point).mean(new int[] {2}).abs().max().getDouble();
  }

  /** Why a result should name the gauge, and why mean ablation is the safer question. */
  @Test
  void zeroAblationDependsOnTheGaugeAndMeanAblationDoesNot() throws IOException {
    HookedTransformer raw = load("golden/gpt2", LoadOptions.DOUBLE);
    HookedTransformer folded = raw.folded();
    Tokens tokens = Expected.of("golden/gpt2").tokens("input_ids");
    Tokens reference = Expected.of("golden/gpt2").tokens("corrupt_ids");
    Metric loss = Metrics.loss();
    double[][] zeroRaw = AblationSweep.zero(raw, loss).heads(tokens).effects();
    double[][] zeroFolded = AblationSweep.zero(folded, loss).heads(tokens).effects();
    double[][] meanRaw = AblationSweep.mean(raw, loss, reference).heads(tokens).effects();
    double[][] meanFolded = AblationSweep.mean(folded, loss, reference).heads(tokens).effects();
    for (Head head : raw.config().allHeads()) {
      int layer = head.layer();
      int index = head.index();
      assertThat(Math.abs(zeroRaw[layer][index] - zeroFolded[layer][index])).isGreaterThan(1e-5);
      assertThat(meanFolded[layer][index]).isCloseTo(meanRaw[layer][index], within(1e-10));
    }
  }

  /** A bias is a sum over 48 products: added up in float32 it would be off by several units. */
  @Test
  void newWeightsAreRoundedOnce() throws IOException {
    HookedTransformer model = load("golden/gpt2", LoadOptions.DEFAULT);
    double[][] matrix = Tensors.matrix(model.weights().get("blocks.1.attn.W_Q"));
    double[] bias = Tensors.vector(model.weights().get("blocks.1.attn.b_Q"));
    double[] normBias = Tensors.vector(model.weights().get("blocks.1.ln1.b"));
    double[] folded = Tensors.vector(model.folded().weights().get("blocks.1.attn.b_Q"));
    for (int out = 0; out < bias.length; out++) {
      double sum = bias[out];
      for (int in = 0; in < normBias.length; in++) {
        sum += matrix[out][in] * normBias[in];
      }
      double halfUnit = Math.ulp((float) sum) / 2.0;
      assertThat(folded[out]).isCloseTo(sum, within(1.0001 * halfUnit));
    }
  }

  // what the model says of it

  @Test
  void aFoldedModelSaysSoEverywhere() throws IOException {
    HookedTransformer model = load("golden/gpt2", LoadOptions.DEFAULT);
    HookedTransformer folded = model.folded();
    Tokens tokens = Tokens.of(new long[] {1, 2, 3});
    assertThat(model.gauge()).isEqualTo(Gauge.RAW);
    assertThat(model.toString()).contains("raw weights");
    assertThat(folded.folded()).isSameAs(folded);
    assertThat(folded.type()).isEqualTo(model.type());
    assertThat(folded.toString()).contains("folded weights");
    assertThat(folded.gauge().toString())
        .startsWith("folded: norms into what reads them, final norm into the unembedding");
    assertThat(folded.run(tokens).provenance().gauge()).isEqualTo(folded.gauge().toString());
    assertThat(folded.provenance(tokens).weightsSha256())
        .isEqualTo(model.provenance(tokens).weightsSha256());
    var zero = AblationSweep.zero(folded, Metrics.loss()).heads(tokens);
    assertThat(zero.plot().title()).contains("zero ablation (folded weights)");
    assertThat(zero.toString()).contains("folded weights");
    assertThat(zero.gauge()).isEqualTo(folded.gauge());
    var mean = AblationSweep.mean(folded, Metrics.loss(), tokens).heads(tokens);
    assertThat(mean.plot().title()).contains("mean ablation").doesNotContain("weights");
    var control =
        AblationSweep.zero(model, Metrics.loss())
            .againstRandom(io.loupe.workbench.site.HeadSet.parse("L0H1"), tokens, 2, 1);
    assertThat(control.toString()).startsWith("zero ablation (raw weights) of");
  }

  @Test
  void interventionsStayAndTheRawModelIsLeftAlone() throws IOException {
    HookedTransformer model = load("golden/gpt2", LoadOptions.DEFAULT);
    double[] before = Tensors.doubles(model.weights().get("blocks.0.attn.W_Q"));
    HookedTransformer ablated = model.with(Interventions.zero(Sites.MLP_OUT.at(1)));
    Tokens tokens = Tokens.of(new long[] {1, 2, 3});
    assertThat(ablated.folded().interventions()).isEqualTo(ablated.interventions());
    assertClose(ablated.folded().run(tokens).logits(), ablated.run(tokens).logits(), TOLERANCE);
    assertThat(model.folded().with(Interventions.zero(Sites.MLP_OUT.at(1))).gauge().isFolded())
        .isTrue();
    assertThat(Tensors.doubles(model.weights().get("blocks.0.attn.W_Q"))).isEqualTo(before);
    assertThat(model.weights().get("embed.W_E")).isSameAs(model.weights().get("unembed.W_U"));
    Weights weights = model.folded().weights();
    assertThat(weights.get("embed.W_E")).isNotSameAs(weights.get("unembed.W_U"));
    assertThat(weights.parameters()).isGreaterThan(model.weights().parameters());
  }

  @Test
  void newBiasesStandBehindTheirMatricesAndTheRestIsShared() throws IOException {
    HookedTransformer model = load("golden/gptj", LoadOptions.DEFAULT);
    assertThat(model.weights().names()).doesNotContain("blocks.0.attn.b_Q", "blocks.0.attn.b_O");
    Weights folded = model.folded().weights();
    assertThat(folded.names())
        .containsSubsequence("blocks.0.attn.W_Q", "blocks.0.attn.b_Q", "blocks.0.attn.W_K")
        .containsSubsequence("blocks.0.attn.W_O", "blocks.0.attn.b_O", "blocks.0.mlp.W_in");
    HookedTransformer olmo2 = load("golden/olmo2", LoadOptions.DEFAULT);
    assertThat(olmo2.folded().weights().get("blocks.1.attn.W_V"))
        .isSameAs(olmo2.weights().get("blocks.1.attn.W_V"));
    assertThat(olmo2.folded().weights().get("embed.W_E"))
        .isSameAs(olmo2.weights().get("embed.W_E"));
  }
}
