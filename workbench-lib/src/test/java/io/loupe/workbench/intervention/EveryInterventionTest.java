package io.loupe.workbench.intervention;

import static io.loupe.workbench.intervention.AttentionEdits.dropKeyValues;
import static io.loupe.workbench.intervention.AttentionEdits.evictKeyValues;
import static io.loupe.workbench.intervention.AttentionEdits.knockout;
import static io.loupe.workbench.intervention.AttentionEdits.lowRank;
import static io.loupe.workbench.intervention.AttentionEdits.mask;
import static io.loupe.workbench.intervention.AttentionEdits.mergeKeyValues;
import static io.loupe.workbench.intervention.AttentionEdits.quantise;
import static io.loupe.workbench.intervention.AttentionEdits.restrict;
import static io.loupe.workbench.intervention.AttentionEdits.reweight;
import static io.loupe.workbench.intervention.AttentionEdits.samePattern;
import static io.loupe.workbench.intervention.AttentionEdits.temperature;
import static io.loupe.workbench.intervention.Interventions.add;
import static io.loupe.workbench.intervention.Interventions.copy;
import static io.loupe.workbench.intervention.Interventions.gate;
import static io.loupe.workbench.intervention.Interventions.noise;
import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.intervention.Interventions.scale;
import static io.loupe.workbench.intervention.Interventions.scaleDirections;
import static io.loupe.workbench.intervention.Interventions.skipAttention;
import static io.loupe.workbench.intervention.Interventions.skipLayer;
import static io.loupe.workbench.intervention.Interventions.skipMlp;
import static io.loupe.workbench.site.Head.head;
import static io.loupe.workbench.site.Sites.LN1;
import static io.loupe.workbench.site.Sites.RESID_MID;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.RESID_PRE;
import static io.loupe.workbench.site.Sites.V;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.KeyValueIntervention.QuantisedBy;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Generation;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.PositionEdits;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.sweep.PatchingEffects;
import io.loupe.workbench.sweep.PatchingSweep;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every kind of intervention, on both kinds of tiny models. */
class EveryInterventionTest {
  private static final Tokens TOKENS =
      spanned(
          Tokens.of(
              new long[] {1, 2, 3, 4, 5, 6},
              new long[] {9, 8, 7, 6, 5, 4},
              new long[] {3, 1, 4, 1, 5, 9}));

  private static final HookedTransformer GPT2 = TinyModels.gpt2(LoadOptions.DOUBLE);
  private static final HookedTransformer LLAMA = TinyModels.llama(LoadOptions.DOUBLE);
  private static final Metric METRIC = Metrics.logitDifference(7, 11);

  private static Tokens spanned(Tokens tokens) {
    Tokens all = tokens;
    for (int row = 0; row < tokens.batch(); row++) {
      all = all.withSpans(row, List.of(new Span("first", 1, 3), new Span("second", 3, 5)));
    }
    return all;
  }

  /**
   * An intervention and what it is when it should change nothing.
   *
   * @param stepwise whether a step of a generation depends on its own columns alone
   */
  record Case(
      String name,
      HookedTransformer model,
      List<Intervention> strong,
      List<Intervention> neutral,
      boolean stepwise) {
    @Override
    public String toString() {
      return name + " in " + model.config().family();
    }
  }

  static Stream<Case> cases() {
    return Stream.of(GPT2, LLAMA).flatMap(EveryInterventionTest::of);
  }

  private static Stream<Case> of(HookedTransformer model) {
    float[] vector = new float[48];
    vector[3] = 2;
    vector[7] = -1;
    float[] other = new float[48];
    other[3] = 1;
    int kv = model.config().kvHeads() - 1;
    ActivationCache own = model.run(TOKENS, Capture.everything()).cache();
    double[] gates = {0, 1.5, 1, 0.2};
    List<Intervention> strangePositions = PositionEdits.ids(model, 0, 3, 2, 1, 4, 5);
    Stream<Case> common =
        Stream.of(
            one(
                "knockout of spans",
                model,
                knockout(1, Slice.between("second", "first")),
                knockout(1, Slice.between("first", "second")), // a causal model hides these anyhow
                true),
            one(
                "knockout in a head",
                model,
                knockout(head(2, 1), Slice.queries(-1).and(Axis.KEY_POS, 0, 2)),
                knockout(head(2, 1), Slice.queries(0).and(Axis.KEY_POS, 3)),
                true),
            one(
                "reweight",
                model,
                reweight(head(1, 2), Slice.keys(0), 5),
                reweight(head(1, 2), Slice.keys(0), 1),
                true),
            one(
                "reweight of a span from a query on",
                model,
                reweight(0, Slice.between("second", "first"), 0.1),
                reweight(0, Slice.between("second", "first"), 1),
                true),
            one(
                "temperature",
                model,
                temperature(head(1, 0), 0.3),
                temperature(head(1, 0), 1),
                true),
            one(
                "uniform attention",
                model,
                temperature(2, Slice.ALL, Double.POSITIVE_INFINITY),
                temperature(2, Slice.ALL, 1),
                true),
            one(
                "another head's pattern",
                model,
                samePattern(head(2, 1), head(0, 3)),
                samePattern(head(2, 1), head(2, 1)),
                true),
            one("another layer's patterns", model, samePattern(2, 0), samePattern(2, 2), true),
            one(
                "mask: window with sinks",
                model,
                mask(1, MaskRule.windowWithSinks(2, 1)),
                mask(1, MaskRule.causal()),
                true),
            one(
                "mask: bidirectional",
                model,
                mask(1, MaskRule.bidirectional()),
                mask(1, MaskRule.causal()),
                true),
            new Case(
                "mask of heads",
                model,
                mask(HeadSet.parse("L0H1 L1H3"), MaskRule.offset(1)),
                mask(HeadSet.parse("L0H1 L1H3"), MaskRule.causal()),
                true),
            one(
                "restrict to blocks",
                model,
                restrict(1, Slice.ALL, MaskRule.blocks("first", "second")),
                restrict(1, Slice.ALL, MaskRule.bidirectional()),
                true),
            new Case(
                "drop keys and values",
                model,
                dropKeyValues(model.config(), 0, Slice.keys(1, 2)),
                dropKeyValues(model.config(), 0, Slice.keys(0).and(Axis.QUERY_POS, 0)),
                true),
            new Case(
                "evict keys and values",
                model,
                evictKeyValues(model.config(), -1, Slice.keys(1, 2)),
                evictKeyValues(model.config(), -1, Slice.keys(1, 2).and(Axis.QUERY_POS, 1)),
                true),
            new Case(
                "merge keys and values",
                model,
                mergeKeyValues(model.config(), 0, Slice.keys(1, 2, 3)),
                mergeKeyValues(model.config(), 0, Slice.keys(2)),
                true),
            one(
                "low rank",
                model,
                lowRank(V.at(1), Slice.at(Axis.KV_HEAD, kv), 2),
                lowRank(V.at(1), Slice.at(Axis.KV_HEAD, kv), 6), // six tokens have no higher rank
                true),
            one(
                "quantised by token",
                model,
                quantise(V.at(1), Slice.ALL, 2, QuantisedBy.TOKEN),
                quantise(V.at(1), Slice.ALL, 16, QuantisedBy.TOKEN),
                true),
            one(
                "quantised by channel",
                model,
                quantise(Sites.K.at(1), Slice.ALL, 2, QuantisedBy.CHANNEL),
                quantise(Sites.K.at(1), Slice.ALL, 16, QuantisedBy.CHANNEL),
                true),
            new Case("position ids", model, strangePositions, PositionEdits.ids(model, 0, 1), true),
            new Case("no positions", model, PositionEdits.none(model), List.of(), true),
            one(
                "directions",
                model,
                scaleDirections(RESID_POST.at(1), Slice.ALL, 0, vector, other),
                scaleDirections(RESID_POST.at(1), Slice.ALL, 1, vector, other),
                true),
            one("gates", model, gate(1, gates), gate(1, 1, 1, 1, 1), true),
            new Case(
                "scaled heads",
                model,
                scale(HeadSet.parse("L0H1 L2H3"), 0.5),
                scale(HeadSet.parse("L0H1 L2H3"), 1),
                true),
            one(
                "noise",
                model,
                noise(Sites.EMBED.here(), Slice.span("first"), 1, 3),
                noise(Sites.EMBED.here(), Slice.span("first"), 0, 3),
                true),
            one("skipped attention", model, skipAttention(1), scale(Sites.ATTN_OUT.at(1), 1), true),
            one("skipped MLP", model, skipMlp(1), scale(Sites.MLP_OUT.at(1), 1), true),
            one(
                "skipped layer",
                model,
                skipLayer(1),
                copy(RESID_PRE.at(1), RESID_POST.at(0)),
                true),
            one(
                "copied stream",
                model,
                copy(RESID_MID.at(2), RESID_PRE.at(1)),
                copy(RESID_PRE.at(2), RESID_POST.at(1)),
                true),
            one(
                "edited",
                model,
                Interventions.edit(RESID_POST.at(0), x -> x.square()),
                Interventions.edit(RESID_POST.at(0), x -> x),
                true),
            one(
                "edited in place",
                model,
                Interventions.edit(RESID_POST.at(0), x -> x.muli(2)),
                Interventions.edit(RESID_POST.at(0), x -> x.muli(1)),
                true),
            one(
                "added",
                model,
                add(RESID_PRE.at(2), vector, 1),
                add(RESID_PRE.at(2), vector, 0),
                true),
            one("patched", model, patch(LN1.at(1), own(model)), patch(LN1.at(1), own), true));
    Stream<Case> rotary =
        model == GPT2
            ? Stream.empty()
            : Stream.of(
                new Case(
                    "rotary base",
                    model,
                    PositionEdits.rotaryBase(model, 100),
                    PositionEdits.rotaryBase(model, 10_000),
                    true),
                new Case(
                    "no positions in a layer",
                    model,
                    PositionEdits.none(model, 1),
                    List.of(),
                    true));
    return Stream.concat(common, rotary);
  }

  private static ActivationCache own(HookedTransformer model) {
    long[][] ids = new long[3][6];
    return model.run(Tokens.of(ids), Capture.everything()).cache();
  }

  private static Case one(
      String name,
      HookedTransformer model,
      Intervention strong,
      Intervention neutral,
      boolean stepwise) {
    return new Case(name, model, List.of(strong), List.of(neutral), stepwise);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void atItsNeutralValueNothingChanges(Case each) {
    double[] before = Tensors.doubles(each.model().run(TOKENS).logits());
    if (each.neutral().isEmpty()) {
      return; // taking positions away has no neutral value
    }
    Run after = each.model().with(each.neutral()).run(TOKENS);
    boolean rounds = each.name().startsWith("quantised");
    assertThat(Tensors.doubles(after.logits()))
        .containsExactly(before, within(rounds ? 1e-3 : 1e-12));
    for (Receipt receipt : after.receipts()) {
      assertThat(receipt.fired()).isPositive();
      assertThat(receipt.editNorm()).isLessThan(rounds ? 1e-3 : 1e-12);
      assertThat(receipt.edges()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itsReceiptSaysWhatItChangedAndEarlierActivationsStayBitEqual(Case each) {
    Run before = each.model().run(TOKENS, Capture.everything());
    Run after = each.model().with(each.strong()).run(TOKENS, Capture.everything());
    assertThat(after.receipts()).hasSameSizeAs(each.strong());
    double total = 0;
    for (Receipt receipt : after.receipts()) {
      assertThat(receipt.fired()).isEqualTo(1);
      total += receipt.editNorm() + receipt.edges();
    }
    assertThat(total).isPositive().isFinite();
    assertThat(Tensors.doubles(after.logits())).isNotEqualTo(Tensors.doubles(before.logits()));
    HookPoint first =
        each.strong().stream().map(Intervention::at).sorted().findFirst().orElseThrow();
    for (HookPoint point : each.model().config().hookPoints()) {
      if (point.compareTo(first) < 0 && !point.site().onDemand()) {
        assertThat(after.cache().get(point).toByteBuffer())
            .as("%s", point)
            .isEqualTo(before.cache().get(point).toByteBuffer());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itActsTheSameWithTheCacheAndWithout(Case each) {
    HookedTransformer edited = each.model().with(each.strong());
    HookPoint logits = Sites.LOGITS.here();
    GenerationOptions options = GenerationOptions.greedy(5).capturing(Capture.at(logits));
    Generation cached = edited.generate(TOKENS, options);
    Generation anew = edited.generate(TOKENS, options.withoutCache());
    for (int step = 0; step < 5; step++) {
      double[] expected = Tensors.doubles(anew.steps().get(step).cache().get(logits));
      assertThat(Tensors.doubles(cached.steps().get(step).cache().get(logits)))
          .as("step %d", step)
          .containsExactly(expected, within(1e-9));
    }
  }

  /** A sweep on an edited model gives what one pass for each patch gives. */
  @ParameterizedTest
  @MethodSource("cases")
  void sweepsOfAnEditedModelEqualTheNaiveLoop(Case each) {
    HookedTransformer edited = each.model().with(each.strong());
    Tokens source =
        spanned(
            Tokens.of(
                new long[] {11, 12, 13, 14, 15, 16},
                new long[] {19, 18, 17, 16, 15, 14},
                new long[] {13, 11, 14, 11, 15, 19}));
    PatchingEffects effects =
        PatchingSweep.denoising(edited, source, TOKENS, METRIC).over(Sites.Z, Axis.HEAD);
    ActivationCache donor = edited.run(source, Capture.of(Sites.Z)).cache();
    for (Head head : HeadSet.parse("L0H1 L1H3 L2H0")) {
      Run run = edited.with(patch(head, donor)).run(TOKENS);
      assertThat(effects.perExample(head.layer(), head.index()))
          .containsExactly(METRIC.perExample(run), within(1e-9));
    }
  }

  /** Gradients flow through an edit: against central differences. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsFlowThroughIt(Case each) {
    if (each.name().startsWith("quantised") || each.name().equals("low rank")) {
      return; // a step function; a subspace that is taken as fixed
    }
    HookedTransformer edited = each.model().with(each.strong());
    HookPoint at = RESID_PRE.at(0);
    Gradients gradients = edited.gradients(TOKENS, METRIC, at);
    NDArray gradient = gradients.at(at);
    double eps = 1e-5;
    for (int position : new int[] {0, 2, 5}) {
      for (int unit : new int[] {0, 7, 31}) {
        Slice slice = Slice.positions(position).and(Axis.BATCH, 1);
        float[] step = new float[48];
        step[unit] = 1;
        double up = METRIC.perExample(prepended(each, add(at, slice, step, eps)).run(TOKENS))[1];
        double down = METRIC.perExample(prepended(each, add(at, slice, step, -eps)).run(TOKENS))[1];
        assertThat(gradient.getDouble(1, position, unit))
            .as("position %d, unit %d", position, unit)
            .isCloseTo((up - down) / (2 * eps), within(1e-7));
      }
    }
  }

  private static HookedTransformer prepended(Case each, Intervention first) {
    return each.model().with(first).with(each.strong());
  }
}
