package io.loupe.workbench.path;

import static io.loupe.workbench.path.PathPatchingTest.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.stats.Agreement;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathEffectsTest {
  private static final Tokens CLEAN = tokens(1, 3, 5);
  private static final Tokens CORRUPTED = tokens(2, 3, 5);
  private static final Metric LAST = Metrics.logitDifference(7, 9);

  /**
   * A norm with an epsilon far above its input only scales, attention is then uniform, and MLPs
   * have no non-linearity: effects are linear up to a part in a billion.
   */
  @Test
  void theApproximationIsExactOnALinearModel() {
    HookedTransformer model =
        HookedTransformer.random(
            ModelConfig.decoder(
                "linear",
                new Dimensions(3, 48, 4, 2, 12, 96, 128, 64),
                new NormSpec(NormSpec.Kind.RMS_NORM, 1e6),
                EmbeddingSpec.LEARNED_POSITIONS,
                AttentionSpec.causal(new PositionSpec.None(), 12),
                new MlpSpec(Activation.IDENTITY, false)),
            3,
            LoadOptions.DOUBLE);
    List<Receiver> receivers = new ArrayList<>(Receiver.each(model.config()));
    receivers.removeIf(
        r ->
            r.inputs().stream()
                .anyMatch(i -> i.kind() == Input.Kind.QUERY || i.kind() == Input.Kind.KEY));
    for (PathPatching paths :
        List.of(
            PathPatching.denoising(model, CLEAN, CORRUPTED, LAST),
            PathPatching.noising(model, CLEAN, CORRUPTED, LAST).throughMlps())) {
      PathEffects effects = paths.between(Sender.each(model.config()), receivers);
      for (PathEffects.Path path : effects.ranked()) {
        double exact = effects.effect(path.sender(), path.receiver());
        assertThat(effects.linear(path.sender(), path.receiver()))
            .as("%s", path)
            .isCloseTo(exact, within(1e-6 * Math.abs(exact) + 1e-18));
      }
      Agreement agreement = effects.approximation(1);
      assertThat(agreement.pearson()).isCloseTo(1, within(1e-9));
      assertThat(agreement.spearman()).isCloseTo(1, within(1e-3));
    }
  }

  /** Against central differences: the input alone reads a stream moved along a direction. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gemma2", "olmo2", "gptj", "bert", "bloom", "qwen3"})
  void gradientsAtInputsAgreeWithFiniteDifferences(String name) throws IOException {
    HookedTransformer model = Checkpoints.load("golden/" + name, LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    Wiring wiring = model.wiring();
    int last = config.layers() - 1;
    List<Input> inputs =
        List.of(
            new Input(Input.Kind.QUERY, last, 1),
            new Input(Input.Kind.KEY, last, 0),
            new Input(Input.Kind.VALUE, last, 0),
            new Input(Input.Kind.MLP, last, 0),
            new Input(Input.Kind.LOGITS, config.layers(), 0));
    ActivationCache cache = model.run(CLEAN, Capture.everything()).cache();
    try (InputGradients gradients = InputGradients.of(model, CLEAN, LAST, inputs);
        NDManager manager = Engines.newManager(model.device())) {
      for (Input input : inputs) {
        NDArray stream = cache.get(StreamWalk.point(config, input.place(config)));
        NDArray direction = manager.randomNormal(0, 1, stream.getShape(), DataType.FLOAT64);
        double[] moved = new double[2];
        for (int side = 0; side < 2; side++) {
          NDArray read = stream.add(direction.mul(side == 0 ? 1e-6 : -1e-6));
          Intervention edit =
              switch (input.kind()) {
                case QUERY -> head(Sites.Q.at(last), wiring.query(last, 1, read), 1);
                case KEY -> head(Sites.K.at(last), wiring.key(last, 0, read), 0);
                case VALUE -> head(Sites.V.at(last), wiring.value(last, 0, read), 0);
                case MLP -> Interventions.edit(Sites.MLP_OUT.at(last), x -> wiring.mlp(last, read));
                case LOGITS -> Interventions.edit(Sites.RESID_POST.at(last), x -> read);
              };
          moved[side] = Arrays.stream(LAST.perExample(model.with(edit).run(CLEAN))).sum();
        }
        double expected = (moved[0] - moved[1]) / 2e-6;
        double actual = gradients.at(input, stream, manager).mul(direction).sum().getDouble();
        assertThat(actual)
            .as("%s", input)
            .isCloseTo(expected, within(1e-5 * Math.abs(expected) + 1e-8));
      }
    }
  }

  private static Intervention head(HookPoint point, NDArray value, int head) {
    return Interventions.edit(
        point,
        x -> {
          x.set(new NDIndex().addAllDim(2).addIndices(head), value);
          return x;
        });
  }

  @Test
  void resultsKeepEachExampleAndShowThemselves() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    List<Sender> senders = Sender.each(model.config());
    List<Receiver> receivers =
        List.of(Receiver.value(Head.head(1, 1)), Receiver.mlp(1), Receiver.logits(model.config()));
    PathEffects effects =
        PathPatching.noising(model, CLEAN, CORRUPTED, LAST).between(senders, receivers);
    assertThat(effects.clean()).containsExactly(LAST.perExample(model.run(CLEAN)));
    assertThat(effects.corrupted()).containsExactly(LAST.perExample(model.run(CORRUPTED)));
    Sender sender = Sender.mlp(0);
    double[] patched = effects.perExample(sender, receivers.get(1));
    double mean = 0;
    double gap = 0;
    for (int row = 0; row < 3; row++) {
      mean += (patched[row] - effects.clean()[row]) / 3;
      gap += (effects.clean()[row] - effects.corrupted()[row]) / 3;
    }
    assertThat(effects.effect(sender, receivers.get(1))).isCloseTo(mean, within(1e-12));
    assertThat(effects.effects()[5][1]).isCloseTo(mean, within(1e-12));
    assertThat(effects.normalised(sender, receivers.get(1))).isCloseTo(mean / gap, within(1e-9));
    assertThat(effects.interval(sender, receivers.get(1), 1).low()).isLessThanOrEqualTo(mean);
    assertThat(effects.interval(sender, receivers.get(1), 1).high()).isGreaterThanOrEqualTo(mean);
    assertThat(effects.effects()[15][0]).as("no path").isNaN();
    assertThat(effects.linearEffects()[15][0]).isNaN();
    assertThat(effects.ranked()).hasSize(6 + 10 + 16);
    assertThat(effects.table(4).rows()).hasSize(4);
    assertThat(effects.approximation(1).cases()).isEqualTo(32);
    assertThat(effects.display().data()).containsKey("image/svg+xml");
    assertThat(effects.display().data().get("text/plain"))
        .contains("direct")
        .contains("Linear approximation: Spearman");
    assertThat(effects.toString()).contains("noising").contains("3 examples");
    assertThat(effects.provenance().tokens()).hasSize(3);
    refused(() -> effects.effect(Sender.mlp(2), receivers.get(0)), "no path");
    refused(() -> effects.effect(Sender.mlp(7), receivers.get(0)), "not asked for");
    PathEffects exact =
        PathPatching.noising(model, CLEAN, CORRUPTED, LAST).exactOnly().between(senders, receivers);
    assertThat(exact.effect(sender, receivers.get(1))).isCloseTo(mean, within(1e-12));
    refused(() -> exact.approximation(1), "exactOnly()");
    assertThat(exact.display().data()).containsKey("image/svg+xml");
  }

  @Test
  void badRequestsAreRefusedBeforeAnyRun() throws IOException {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    List<String> runs = new ArrayList<>();
    Metric counting =
        (logits, tokens) -> {
          runs.add("run");
          return LAST.perExample(logits, tokens);
        };
    PathPatching paths = PathPatching.denoising(model, CLEAN, CORRUPTED, counting);
    Sender sender = Sender.head(Head.head(1, 0));
    Receiver logits = Receiver.logits(config);
    refused(() -> paths.between(sender, Receiver.query(Head.head(1, 2))), "No path");
    refused(() -> paths.between(Sender.mlp(1), Receiver.mlp(1)), "No path");
    refused(
        () -> paths.between(List.of(sender), List.of(logits, Receiver.value(Head.head(0, 0)))),
        "L0H0.v reads the stream before");
    refused(
        () ->
            paths.between(
                Sender.heads(HeadSet.of(Head.head(0, 1), Head.head(2, 0))),
                Receiver.query(Head.head(1, 0))),
        "each of its parts");
    refused(() -> paths.between(Sender.head(Head.head(1, 4)), logits), "heads 0 to 3");
    refused(() -> paths.between(Sender.mlp(3), logits), "layers 0 to 2");
    refused(
        () -> paths.between(Sender.embedding(), Receiver.key(Head.head(2, 3))),
        "head 3 reads number 1");
    refused(() -> paths.between(Sender.embedding(), Receiver.query(Head.head(3, 0))), "0 to 2");
    refused(() -> paths.between(List.of(), List.of(logits)), "at least one sender");
    refused(() -> paths.between(List.of(sender), List.of(logits, logits)), "once");
    refused(() -> new Sender("none", new TreeSet<>()), "at least one part");
    refused(() -> new Receiver("none", new TreeSet<>()), "at least one input");
    refused(() -> PathPatching.denoising(model, CLEAN, tokens(1, 3, 4), LAST), "equal length");
    refused(
        () ->
            PathPatching.noising(
                model.with(Interventions.scale(Sites.MLP_OUT.at(0), 2)), CLEAN, CORRUPTED, LAST),
        "interventions");
    HookedTransformer bert = Checkpoints.load("golden/bert", LoadOptions.DOUBLE);
    refused(
        () ->
            PathPatching.denoising(bert, CLEAN, CORRUPTED, counting)
                .between(
                    Sender.embedding(),
                    Receiver.together(
                        Receiver.query(Head.head(1, 0)), Receiver.logits(bert.config()))),
        "normalises the stream itself");
    assertThat(runs).isEmpty();
    Metric broken = (values, tokens) -> values.get(":, 0, 0").mul(Double.NaN);
    refused(
        () -> PathPatching.denoising(model, CLEAN, CORRUPTED, broken).between(sender, logits),
        "NaN");
    PathPatching flat = PathPatching.denoising(model, CLEAN, CORRUPTED, Metrics.accuracy(7));
    refused(() -> flat.between(sender, logits), "exactOnly()");
    assertThat(flat.exactOnly().between(sender, logits).perExample(sender, logits)).hasSize(3);
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }
}
