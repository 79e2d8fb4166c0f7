package io.loupe.circuits.atlas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.circuits.heads.HeadAgreement;
import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.weights.HeadWeights;
import io.loupe.circuits.weights.InductionCircuits;
import io.loupe.circuits.weights.TokenVectors;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.laboratory.HeadScores;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.sweep.AblationEffects;
import io.loupe.workbench.sweep.AblationSweep;
import io.loupe.workbench.sweep.JointEffect;
import io.loupe.workbench.sweep.Unit;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadAtlasTest {
  private static final Tokens TOKENS =
      Tokens.of(new long[] {1, 2, 3, 1, 2, 3}, new long[] {4, 5, 6, 7, 8, 9});

  private static HeadAtlas atlas(HookedTransformer model) {
    return HeadAtlas.of(
            model, List.of(HeadDetectors.previousToken(TOKENS), HeadDetectors.induction(TOKENS)))
        .withEffect("loss", AblationSweep.zero(model, Metrics.loss()).heads(TOKENS));
  }

  @Test
  void itIsReadAsItWasWritten(@TempDir Path folder) throws IOException {
    HeadAtlas atlas = atlas(TinyModels.gpt2(LoadOptions.DEFAULT));
    Path file = folder.resolve("atlas.json");
    atlas.save(file);
    HeadAtlas read = HeadAtlas.load(file);
    assertThat(read.origin()).isEqualTo(atlas.origin());
    assertThat(read.detectors()).containsExactly("previous token", "induction");
    assertThat(read.effects()).containsExactly("loss");
    for (String name : List.of("previous token", "induction", "loss")) {
      assertThat(read.map(name).label()).isEqualTo(atlas.map(name).label());
      assertThat(Arrays.deepEquals(read.map(name).values(), atlas.map(name).values())).isTrue();
    }
    // of the second prompt no token comes twice
    assertThat(read.map("induction").perExample(new Head(0, 0))[1]).isNaN();
    assertThat(read.toString()).isEqualTo(atlas.toString());
    String text = Files.readString(file);
    for (String damaged :
        List.of(
            text.substring(0, text.length() / 2),
            text.replace("head-atlas.1", "head-atlas.2"),
            text.replace("\"detectors\"", "\"other\""),
            text.replace("\"weightsSha256\"", "\"sha\""),
            "[]",
            "",
            "null")) {
      Files.writeString(file, damaged);
      assertThatThrownBy(() -> HeadAtlas.load(file))
          .isInstanceOf(AtlasFileException.class)
          .hasMessageContaining("atlas.json");
    }
  }

  @Test
  void scoresStandBesideEffectsWithIntervals() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    AblationEffects effects = AblationSweep.zero(model, Metrics.loss()).heads(TOKENS);
    HeadAtlas atlas = atlas(model);
    HeadMap map = atlas.map("previous token");
    Head best = map.ranked().get(0);
    List<?> row = atlas.table("previous token", 3).rows().get(0);
    assertThat(row.get(0)).isEqualTo(best);
    assertThat((double) row.get(1)).isEqualTo(map.score(best));
    assertThat(row.get(2)).isEqualTo(map.interval(best));
    assertThat((double) row.get(3)).isCloseTo(effects.effect(best), within(1e-6));
    assertThat((Interval) row.get(4)).isEqualTo(effects.interval(best, 0));
    assertThat(atlas.table().rows()).hasSize(2);
    HeadMap flat =
        HeadMap.of(atlas.origin(), new HeadMap.Label("flat", "d", "s", "e"), new double[3][4]);
    assertThat(atlas.with(flat).table().rows().get(2).get(1)).isEqualTo("none");
    assertThat(atlas.definitions().toString()).contains("Olsson et al. 2022");
    assertThat(atlas.plot().toString()).isNotEmpty();
    assertThat(atlas.display().toString()).contains("previous token", "effect on loss");
    assertThat(atlas.with(map.negated(new HeadMap.Label("other", "d", "s", "e"))).detectors())
        .containsExactly("previous token", "induction", "other");
  }

  @Test
  void whatDoesNotBelongTogetherIsRefused() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    HookedTransformer other = TinyModels.llama(LoadOptions.DEFAULT);
    HeadAtlas atlas = atlas(model);
    AblationEffects effects = AblationSweep.zero(other, Metrics.loss()).heads(TOKENS);
    DetectorsTest.refused(() -> atlas.withEffect("other", effects), "and the atlas of");
    DetectorsTest.refused(
        () -> atlas.with(HeadDetectors.sink(TOKENS).measure(other)), "'sink' is of");
    DetectorsTest.refused(
        () -> atlas.with(HeadDetectors.induction(TOKENS).measure(model)), "named 'induction'");
    DetectorsTest.refused(() -> HeadAtlas.of(model, List.of()), "at least one detector");
    DetectorsTest.refused(() -> atlas.map("sink"), "it has [previous token, induction]");
    HeadAtlas sink = HeadAtlas.of(model, List.of(HeadDetectors.sink(TOKENS)));
    DetectorsTest.refused(() -> atlas.agreement(sink, 2), "No detector is in both");
  }

  @Test
  void atlasesOfTwoModelsAreCompared() {
    HookedTransformer one = CompiledModels.induction().model();
    HookedTransformer two = CompiledModels.uselessHead().model();
    DetectorsTest.refused(() -> atlas(one).agreement(atlas(two), 1), "different shapes");
    HeadAtlas tiny = atlas(TinyModels.gpt2(LoadOptions.DEFAULT));
    HeadAtlas llama = atlas(TinyModels.llama(LoadOptions.DEFAULT)); // as many layers and heads
    List<HeadAgreement> agreements = tiny.agreement(llama, 4);
    assertThat(agreements)
        .extracting(HeadAgreement::first)
        .containsExactly("previous token", "induction");
    assertThat(agreements.get(0).expected()).isCloseTo(16.0 / 12, within(1e-12));
    assertThat(tiny.agreement(tiny, 4)).allMatch(same -> same.jaccard() == 1);
  }

  /**
   * Detector, weights and ablation name the same heads. One head's ablation costs nothing here, as
   * the others do the same; together they are all of what the model knows of repetitions, and any
   * one of them is nearly enough.
   */
  @Test
  void inductionHeadsOfTheSmallModelAreFoundThreeWays() throws IOException {
    HookedTransformer model = HookedTransformer.load("induction-2l");
    int half = 16;
    Tokens repeated = HeadScores.tokens(new RepeatedTokens(0, 64, half).draw(Split.TEST, 24, 1));
    HeadSet expected = model.config().allHeads().inLayer(1);
    HeadMap looks = HeadDetectors.induction(repeated).measure(model);
    HeadMap copies = HeadDetectors.inductionCopying(repeated).measure(model);
    assertThat(looks.above(0.9)).isEqualTo(expected);
    assertThat(copies.above(0.9)).isEqualTo(expected);
    HeadMap weights = InductionCircuits.of(HeadWeights.folded(model)).heads();
    assertThat(weights.top(4)).isEqualTo(expected);
    HeadAgreement agreement = looks.agreement(weights, 4);
    assertThat(agreement.shared()).isEqualTo(expected);
    assertThat(agreement.overlapP()).isCloseTo(1.0 / 70, within(1e-9));

    Metric second = Metrics.lossFrom(half + 1); // what stood before tells each of these tokens
    AblationSweep sweep = AblationSweep.mean(model, second, repeated);
    JointEffect joint = sweep.joint(expected, repeated);
    assertThat(joint.sum()).isLessThan(0.05);
    assertThat(joint.joint()).isGreaterThan(5);
    assertThat(joint.interval(0).low()).isGreaterThan(5); // beyond the sum
    for (Head head : expected) {
      double left = mean(sweep.together(expected.minus(HeadSet.of(head)), repeated));
      assertThat(left).as("%s alone", head).isLessThan(1);
    }
    assertThat(mean(sweep.together(expected, repeated))).isGreaterThan(5);
    // a whole sequence is another question: without one of them the first half is guessed better
    AblationEffects whole = AblationSweep.mean(model, Metrics.loss(), repeated).heads(repeated);
    assertThat(expected).allMatch(head -> whole.effect(head) < -0.1);
    // of layer 0 the previous-token heads carry it, and no others
    JointEffect previous = sweep.joint(HeadSet.of(new Head(0, 0), new Head(0, 1)), repeated);
    assertThat(HeadDetectors.previousToken(repeated).measure(model).top(2))
        .isEqualTo(HeadSet.of(new Head(0, 0), new Head(0, 1)));
    assertThat(previous.joint()).isGreaterThan(5);
    assertThat(sweep.joint(HeadSet.of(new Head(0, 2), new Head(0, 3)), repeated).joint())
        .isLessThan(0.5);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Test
  void theKnownHeadsOfTheEnglishModelAreFound() throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-lm");
    Tokens repeated = HeadScores.tokens(new RepeatedTokens(300, 4000, 20).draw(Split.TEST, 8, 1));
    HeadMap looks = HeadDetectors.induction(repeated).measure(model);
    assertThat(looks.ranked().get(0)).isEqualTo(new Head(4, 4));
    HeadMap copies = HeadDetectors.inductionCopying(repeated).measure(model);
    assertThat(copies.ranked().get(0)).isEqualTo(new Head(4, 4));
    assertThat(HeadDetectors.previousToken(repeated).measure(model).top(2))
        .isEqualTo(HeadSet.of(new Head(3, 1), new Head(3, 8)));
    HeadMap weights =
        InductionCircuits.of(HeadWeights.folded(model).with(TokenVectors.THROUGH_FIRST_MLP))
            .heads();
    HeadAgreement agreement = looks.agreement(weights, 5);
    assertThat(agreement.shared().size()).isGreaterThanOrEqualTo(4);
    assertThat(agreement.overlapP()).isLessThan(0.001);
    AblationEffects effects =
        AblationSweep.mean(model, Metrics.lossFrom(21), repeated)
            .each(Unit.of(HeadSet.of(new Head(4, 4), new Head(4, 7))), repeated);
    assertThat(effects.effect(new Head(4, 4))).isGreaterThan(2);
    assertThat(effects.effect(new Head(4, 7))).isLessThan(0.5);
  }
}
