package io.loupe.workbench.path;

import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.site.Head.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input.Kind;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Path patching against two full forward passes for each path, written with interventions. */
class PathPatchingTest {
  private static final double TOLERANCE = 1e-9; // in float64
  private static final Tokens CLEAN = tokens(1, 2, 5);
  private static final Tokens CORRUPTED = tokens(2, 2, 5);
  private static final Metric LAST = Metrics.logitDifference(7, 9);
  private static final Metric ALL = Metrics.loss();

  static Tokens tokens(long seed, int rows, int length) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    for (int row = 0; row < rows; row++) {
      ids[row] = random.longs(length, 10, 40).toArray();
    }
    return Tokens.of(ids);
  }

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all().filter(name -> name.startsWith("golden/") || name.contains("norm"));
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void directEdgesEqualTwoFullPasses(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    everyKindOfPair(model, PathPatching.denoising(model, CLEAN, CORRUPTED, LAST), LAST);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void pathsThroughMlpsEqualTwoFullPasses(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    everyKindOfPair(
        model, PathPatching.denoising(model, CLEAN, CORRUPTED, LAST).throughMlps(), LAST);
  }

  private static void everyKindOfPair(HookedTransformer model, PathPatching paths, Metric metric) {
    ModelConfig config = model.config();
    int last = config.layers() - 1;
    List<Sender> senders =
        List.of(
            Sender.embedding(),
            Sender.head(head(0, 1)),
            Sender.mlp(0),
            Sender.together(Sender.head(head(0, 0)), Sender.head(head(0, 2)), Sender.embedding()));
    List<Receiver> receivers =
        List.of(
            Receiver.query(head(last, 1)),
            Receiver.key(head(last, config.kvHeads() - 1)),
            Receiver.value(head(1, 0)),
            Receiver.together(Receiver.query(head(1, 0)), Receiver.value(head(1, 0))),
            Receiver.mlp(1),
            Receiver.logits(config));
    PathEffects effects = paths.between(senders, receivers);
    for (Sender sender : senders) {
      for (Receiver receiver : receivers) {
        assertThat(effects.perExample(sender, receiver))
            .as("%s -> %s", sender, receiver)
            .containsExactly(
                slow(model, CLEAN, CORRUPTED, metric, sender, receiver, effects.freezing()),
                within(TOLERANCE));
      }
    }
    assertThat(effects.perExample(senders.get(0), receivers.get(5)))
        .as("the direct path matters")
        .isNotEqualTo(effects.corrupted());
  }

  /**
   * Freezes everything on the way to the base run's values in one pass, and writes what the
   * receiver then reads into another.
   */
  private static double[] slow(
      HookedTransformer model,
      Tokens source,
      Tokens target,
      Metric metric,
      Sender sender,
      Receiver receiver,
      Freezing freezing) {
    ActivationCache base = model.run(target, Capture.everything()).cache();
    ActivationCache donor = model.run(source, Capture.everything()).cache();
    List<Intervention> frozen = new ArrayList<>();
    if (sender.nodes().contains(new Node.Embedding())) {
      frozen.add(patch(Sites.RESID_PRE.at(0), donor));
    }
    for (int layer = 0; layer < model.config().layers(); layer++) {
      frozen.add(patch(Sites.Z.at(layer), base));
      for (Node node : sender.nodes()) {
        if (node instanceof Node.Attention attention && attention.head().layer() == layer) {
          frozen.add(patch(attention.head(), donor));
        }
      }
      boolean sends = sender.nodes().contains(new Node.Mlp(layer));
      boolean receives = receiver.inputs().contains(new Input(Kind.MLP, layer, 0));
      if (sends || freezing == Freezing.EVERYTHING && !receives) {
        frozen.add(patch(Sites.MLP_OUT.at(layer), sends ? donor : base));
      }
    }
    ActivationCache seen =
        model.with(frozen.toArray(Intervention[]::new)).run(target, Capture.everything()).cache();
    List<Intervention> written = new ArrayList<>();
    for (Input input : receiver.inputs()) {
      int layer = input.layer();
      HookPoint point =
          switch (input.kind()) {
            case QUERY -> Sites.Q.at(layer);
            case KEY -> Sites.K.at(layer);
            case VALUE -> Sites.V.at(layer);
            case MLP -> Sites.MLP_OUT.at(layer);
            case LOGITS -> Sites.RESID_POST.at(layer - 1);
          };
      Axis axis = input.kind() == Kind.QUERY ? Axis.HEAD : Axis.KV_HEAD;
      Slice slice = point.site().has(axis) ? Slice.at(axis, input.head()) : Slice.ALL;
      written.add(patch(point, slice, seen));
    }
    return metric.perExample(model.with(written.toArray(Intervention[]::new)).run(target));
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void allPathsOfASenderTogetherEqualPatchingIt(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    if (!model.config().block().norms().streamIsSum()) {
      return; // paths of such streams do not add up, and sets are refused
    }
    PathPatching paths = PathPatching.noising(model, CLEAN, CORRUPTED, LAST).exactOnly();
    ActivationCache donor = model.run(CORRUPTED, Capture.everything()).cache();
    for (Sender sender : Sender.each(model.config())) {
      Receiver all = Receiver.everythingBehind(sender, model.config());
      Node node = sender.nodes().first();
      Intervention whole =
          node instanceof Node.Attention attention
              ? patch(attention.head(), donor)
              : patch(
                  node instanceof Node.Mlp mlp
                      ? Sites.MLP_OUT.at(mlp.layer())
                      : Sites.RESID_PRE.at(0),
                  donor);
      assertThat(paths.between(sender, all).perExample(sender, all))
          .as("%s", sender)
          .containsExactly(LAST.perExample(model.with(whole).run(CLEAN)), within(TOLERANCE));
    }
  }

  @Test
  void metricsOfAllPositionsPaddingAndSharedBeginnings() {
    long[][] clean = CLEAN.ids();
    long[][] corrupted = CLEAN.ids();
    corrupted[0][3] = 20;
    corrupted[1][2] = 21; // the first two columns are the same
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      for (Tokens.Padding side : Tokens.Padding.values()) {
        Tokens ours = Tokens.padded(side, clean[0], Arrays.copyOf(clean[1], 4));
        Tokens theirs = Tokens.padded(side, corrupted[0], Arrays.copyOf(corrupted[1], 4));
        for (Metric metric : List.of(LAST, ALL)) {
          for (PathPatching paths :
              List.of(
                  PathPatching.denoising(model, ours, theirs, metric),
                  PathPatching.denoising(model, ours, theirs, metric).throughMlps())) {
            List<Sender> senders = Sender.each(model.config());
            List<Receiver> receivers = Receiver.each(model.config());
            PathEffects effects = paths.between(senders, receivers);
            List<PathEffects.Path> some = effects.ranked();
            for (int i = 0; i < some.size(); i += 1 + some.size() / 12) {
              Sender sender = some.get(i).sender();
              Receiver receiver = some.get(i).receiver();
              assertThat(effects.perExample(sender, receiver))
                  .as("%s -> %s", sender, receiver)
                  .containsExactly(
                      slow(model, ours, theirs, metric, sender, receiver, effects.freezing()),
                      within(TOLERANCE));
            }
          }
        }
      }
    }
  }

  @Test
  void equalRunsHaveNoEffect() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    List<Sender> senders = Sender.each(model.config());
    List<Receiver> receivers = Receiver.each(model.config());
    for (PathPatching paths :
        List.of(
            PathPatching.denoising(model, CLEAN, CLEAN, LAST),
            PathPatching.noising(model, CLEAN, CLEAN, LAST).throughMlps())) {
      PathEffects effects = paths.between(senders, receivers.subList(1, receivers.size()));
      for (PathEffects.Path path : effects.ranked()) {
        assertThat(effects.effect(path.sender(), path.receiver())).isCloseTo(0, within(1e-12));
        assertThat(effects.linear(path.sender(), path.receiver())).isCloseTo(0, within(1e-12));
      }
      assertThat(effects.plot().description()).isNotEmpty(); // unnormalised
    }
  }

  @Test
  void setsOfInputsAtSeveralPlacesAddUp() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Sender sender = Sender.head(head(0, 1));
    TreeSet<Input> inputs =
        new TreeSet<>(Receiver.everythingBehind(sender, model.config()).inputs());
    inputs.removeIf(input -> input.kind() == Kind.LOGITS);
    Receiver withoutLogits = new Receiver("all but the logits", inputs);
    Receiver logits = Receiver.logits(model.config());
    PathEffects effects =
        PathPatching.denoising(model, CLEAN, CORRUPTED, LAST)
            .between(List.of(sender), List.of(withoutLogits, logits));
    assertThat(effects.perExample(sender, withoutLogits))
        .as("the rest is not nothing, and not the direct path")
        .isNotEqualTo(effects.corrupted())
        .isNotEqualTo(effects.perExample(sender, logits));
  }
}
