package io.loupe.workbench.attribution;

import static io.loupe.workbench.intervention.Interventions.edit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.Correlation;
import io.loupe.workbench.stats.GaussLegendre;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InputAttributionTest {
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7});
  private static final Metric METRIC =
      Metrics.logitDifference(new long[] {7, 9}, new long[] {9, 2});

  static Stream<HookedTransformer> models() {
    return TinyModels.all(LoadOptions.DOUBLE).stream();
  }

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  /** Every method on every family, on a padded batch, equals itself on the rows alone. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void aPaddedBatchIsItsRows(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    for (InputAttribution method : InputAttributions.all()) {
      TokenAttribution both = method.of(model, TOKENS, METRIC);
      assertThat(both.scores()[0]).hasSize(5);
      TokenAttribution alone =
          method.of(model, Tokens.of(TOKENS.row(1)), Metrics.logitDifference(9, 2));
      assertThat(both.scores()[1])
          .as(method.name())
          .containsExactly(alone.scores()[0], within(1e-7));
      assertThat(both.metric()[1]).isCloseTo(alone.metric()[0], within(1e-9));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void gradientsAreThoseOfTheModel(HookedTransformer model) {
    Gradients gradients = model.gradients(TOKENS, METRIC, Sites.EMBED.here());
    NDArray gradient = gradients.at(Sites.EMBED.here());
    NDArray input = gradients.run().cache().get(Sites.EMBED);
    double norm = Tensors.doubles(gradient.get(1, 3).norm())[0];
    double product = Tensors.doubles(gradient.get(1, 3).mul(input.get(1, 3)).sum())[0];
    assertThat(InputAttributions.gradientNorm().of(model, TOKENS, METRIC).scores()[1][1])
        .isCloseTo(norm, within(1e-12));
    assertThat(InputAttributions.inputTimesGradient().of(model, TOKENS, METRIC).scores()[1][1])
        .isCloseTo(product, within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("models")
  void integratedGradientsAreCompleteAndMoreSoWithMoreSteps(HookedTransformer model) {
    for (Baseline baseline : List.of(Baseline.MEAN, Baseline.token(11))) {
      double[] few = errors(model, 4, baseline);
      double[] some = errors(model, 32, baseline);
      double[] many = errors(model, 128, baseline);
      for (int row = 0; row < 2; row++) {
        assertThat(Math.abs(many[row])).as("%s", baseline).isLessThanOrEqualTo(0.01);
        assertThat(Math.abs(many[row])).as("%s", baseline).isLessThan(Math.abs(few[row]));
        assertThat(Math.abs(some[row])).as("%s", baseline).isLessThan(Math.abs(few[row]));
      }
    }
  }

  private static double[] errors(HookedTransformer model, int steps, Baseline baseline) {
    return InputAttributions.integratedGradients(steps, baseline)
        .of(model, TOKENS, METRIC)
        .completenessErrors()
        .orElseThrow();
  }

  /** Three gradients, taken one at a time by hand, at Gauss and Legendre's places for three. */
  @Test
  void integratedGradientsByHand() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    double[] places = {(1 - Math.sqrt(0.6)) / 2, 0.5, (1 + Math.sqrt(0.6)) / 2};
    double[] weights = {5 / 18.0, 8 / 18.0, 5 / 18.0};
    NDArray from = model.weights().get("embed.W_E").get(11);
    NDArray input;
    try (Run run = model.run(TOKENS, Capture.of(Sites.EMBED))) {
      input = run.cache().get(Sites.EMBED);
      double sum = 0;
      for (int i = 0; i < 3; i++) {
        double place = places[i];
        HookedTransformer moved =
            model.with(
                edit(
                    Sites.EMBED.here(),
                    Slice.ALL,
                    "move",
                    x -> x.mul(place).add(from.mul(1 - place))));
        NDArray gradient =
            moved.gradients(TOKENS, METRIC, Sites.EMBED.here()).at(Sites.EMBED.here());
        sum +=
            weights[i]
                * Tensors.doubles(input.get(0, 2).sub(from).mul(gradient.get(0, 2)).sum())[0];
      }
      assertThat(
              InputAttributions.integratedGradients(3, Baseline.token(11))
                  .of(model, TOKENS, METRIC)
                  .scores()[0][2])
          .isCloseTo(sum, within(1e-9));
    }
  }

  @Test
  void quadratureIsExactForPolynomials() {
    for (int points : new int[] {1, 2, 5, 64}) {
      GaussLegendre rule = GaussLegendre.of(points);
      for (int power = 0; power < Math.min(2 * points, 20); power++) {
        double sum = 0;
        for (int i = 0; i < points; i++) {
          sum += rule.weights()[i] * Math.pow(rule.points()[i], power);
        }
        assertThat(sum).isCloseTo(1.0 / (power + 1), within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void occlusionIsTheNaiveLoop(HookedTransformer model) {
    double[] whole = METRIC.perExample(model.run(TOKENS));
    TokenAttribution replaced =
        InputAttributions.occlusion(Removal.replaceBy(11)).of(model, TOKENS, METRIC);
    TokenAttribution hidden = InputAttributions.occlusion(Removal.hide()).of(model, TOKENS, METRIC);
    for (int row = 0; row < 2; row++) {
      for (int position = 0; position < TOKENS.length(row); position++) {
        long[] ids = TOKENS.row(row);
        ids[position] = 11;
        Metric own = row == 0 ? Metrics.logitDifference(7, 9) : Metrics.logitDifference(9, 2);
        double without = own.of(model.run(Tokens.of(ids)));
        assertThat(replaced.scores()[row][position]).isCloseTo(whole[row] - without, within(1e-9));
        assertThat(hidden.scores()[row][position])
            .isCloseTo(whole[row] - hiddenAlone(model, row, position, own), within(1e-9));
      }
    }
    HookedTransformer edited =
        model.with(io.loupe.workbench.intervention.Interventions.scale(new Head(0, 0), 1));
    assertThat(InputAttributions.occlusion(Removal.hide()).of(edited, TOKENS, METRIC).scores()[0])
        .containsExactly(hidden.scores()[0], within(1e-9));
  }

  /** Writes zero into the pattern's column and divides rows by what is left. */
  private static double hiddenAlone(HookedTransformer model, int row, int hidden, Metric metric) {
    HookedTransformer edited = model;
    for (int layer = 0; layer < model.config().layers(); layer++) {
      edited =
          edited.with(
              edit(
                  Sites.PATTERN.at(layer),
                  Slice.ALL,
                  "hide",
                  pattern -> {
                    Shape shape = pattern.getShape();
                    int heads = (int) shape.get(1);
                    int length = (int) shape.get(2);
                    double[] p = Tensors.doubles(pattern);
                    for (int head = 0; head < heads; head++) {
                      for (int query = 0; query < length; query++) {
                        int at = (head * length + query) * length;
                        p[at + hidden] = query == hidden ? p[at + hidden] : 0;
                        double sum = 0;
                        for (int key = 0; key < length; key++) {
                          sum += p[at + key];
                        }
                        for (int key = 0; key < length; key++) {
                          p[at + key] /= sum;
                        }
                      }
                    }
                    return pattern.getManager().create(p, shape);
                  }));
    }
    return metric.of(edited.run(Tokens.of(TOKENS.row(row))));
  }

  @Test
  void curvesAreTheNaiveLoop() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    TokenAttribution scores =
        InputAttributions.occlusion(Removal.replaceBy(11)).of(model, TOKENS, METRIC);
    PerturbationCurves curves =
        PerturbationCurves.of(model, TOKENS, METRIC, scores, Removal.replaceBy(11), 3, 1);
    int[] order = scores.ranked(1);
    assertThat(order).containsExactlyInAnyOrder(0, 1, 2);
    long[] deleted = TOKENS.row(1);
    long[] inserted = {11, 11, 11};
    Metric own = Metrics.logitDifference(9, 2);
    double[] deletion = new double[4];
    double[] insertion = new double[4];
    for (int step = 0; step <= 3; step++) {
      deletion[step] = own.of(model.run(Tokens.of(deleted)));
      insertion[step] = own.of(model.run(Tokens.of(inserted)));
      if (step < 3) {
        deleted[order[step]] = 11;
        inserted[order[step]] = TOKENS.row(1)[order[step]];
      }
    }
    assertThat(curves.deletion()[1]).containsExactly(deletion, within(1e-9));
    assertThat(curves.insertion()[1]).containsExactly(insertion, within(1e-9));
    double area = ((deletion[0] + deletion[3]) / 2 + deletion[1] + deletion[2]) / 3;
    assertThat(curves.deletionAreas()[1]).isCloseTo(area, within(1e-9));
    assertThat(curves.deletion()[0]).hasSize(6);
    assertThat(curves.table().toString())
        .isEqualTo(
            PerturbationCurves.of(model, TOKENS, METRIC, scores, Removal.replaceBy(11), 3, 1)
                .toString());
    assertThat(curves.randomDeletionAreas())
        .isNotEqualTo(
            PerturbationCurves.of(model, TOKENS, METRIC, scores, Removal.replaceBy(11), 3, 2)
                .randomDeletionAreas());
  }

  /** On the shipped model, occlusion finds what matters better than chance does. */
  @Test
  void aGoodRankingBeatsChanceOnTheShippedModel() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    Tokens tokens = model.tokens("Lily had a new toy. One day,", "Lily had a red ball. One day,");
    Metric metric = Metrics.logitDifference(358, 281);
    TokenAttribution scores = InputAttributions.occlusion(Removal.hide()).of(model, tokens, metric);
    int lily = scores.labels().get(0).indexOf(" Lily");
    for (int row = 0; row < 2; row++) {
      assertThat(scores.ranked(row)[0]).isEqualTo(lily);
    }
    PerturbationCurves curves =
        PerturbationCurves.of(model, tokens, metric, scores, Removal.hide(), 10, 1);
    for (int row = 0; row < 2; row++) {
      assertThat(curves.deletionAreas()[row]).isLessThan(curves.randomDeletionAreas()[row]);
      assertThat(curves.insertionAreas()[row]).isGreaterThan(curves.randomInsertionAreas()[row]);
    }
    TokenAttribution integrated =
        InputAttributions.integratedGradients(64, Baseline.MEAN).of(model, tokens, metric);
    for (double error : integrated.completenessErrors().orElseThrow()) {
      assertThat(Math.abs(error)).isLessThanOrEqualTo(0.01);
    }
  }

  @Test
  void agreementIsOfMagnitudesAndTheMeanOverPrompts() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    AttributionComparison all =
        AttributionComparison.of(model, TOKENS, METRIC, InputAttributions.all());
    double[][] agreement = all.agreement();
    assertThat(agreement[2][2]).isEqualTo(1);
    assertThat(agreement[1][3]).isEqualTo(agreement[3][1]);
    double mean = 0;
    for (int row = 0; row < 2; row++) {
      double[] a = Arrays.stream(all.results().get(1).scores()[row]).map(Math::abs).toArray();
      double[] b = Arrays.stream(all.results().get(3).scores()[row]).map(Math::abs).toArray();
      mean += Correlation.kendall(a, b) / 2;
    }
    assertThat(agreement[1][3]).isCloseTo(mean, within(1e-12));
    assertThat(all.plot(0).title()).isNotEmpty();
    assertThat(all.results().get(2).plot().title()).doesNotContain("incomplete");
    assertThat(
            InputAttributions.integratedGradients(1, Baseline.ZERO)
                .of(model, TOKENS, METRIC)
                .plot()
                .title())
        .contains("incomplete by up to");
    assertThat(all.plotAgreement().title()).contains("agree");
  }

  @Test
  void badRequestsAreRefused() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Metric notANumber = (logits, tokens) -> logits.get(":, -1, 0").mul(Float.NaN);
    for (InputAttribution method : InputAttributions.all()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> method.of(model, TOKENS, notANumber))
          .as(method.name())
          .withMessageContaining("not a number");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> InputAttributions.occlusion(Removal.replaceBy(128)).of(model, TOKENS, METRIC))
        .withMessageContaining("0 to 127");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                InputAttributions.integratedGradients(4, Baseline.token(128))
                    .of(model, TOKENS, METRIC))
        .withMessageContaining("0 to 127");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> InputAttributions.integratedGradients(0, Baseline.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                AttributionComparison.of(
                    model, TOKENS, METRIC, List.of(InputAttributions.gradientNorm())))
        .withMessageContaining("two or more");
    TokenAttribution scores = InputAttributions.gradientNorm().of(model, TOKENS, METRIC);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PerturbationCurves.of(
                    model, Tokens.of(new long[] {1, 2}), METRIC, scores, Removal.hide(), 1, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> PerturbationCurves.of(model, TOKENS, METRIC, scores, Removal.hide(), 0, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> InputAttributions.gradientNorm().of(model, TOKENS, Metrics.accuracy(7)))
        .withMessageContaining("no gradient");
  }
}
