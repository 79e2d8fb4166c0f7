package io.loupe.workbench.steering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Value;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Generation;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SteeringTest {
  private static final HookPoint AT = Sites.RESID_POST.at(1);

  private final HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);

  private static Tokens random(int rows, int length, long seed) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    for (int row = 0; row < rows; row++) {
      ids[row] = random.longs(length, 0, 128).toArray();
    }
    return Tokens.of(ids);
  }

  private double[][] residual(Tokens tokens, int row) {
    return Tensors.matrix(model.run(tokens, Capture.at(AT)).cache().get(AT).get(row));
  }

  private static double[] values(SteeringVector vector) {
    float[] values = vector.values();
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @Test
  void aVectorIsMadeOfEntriesWhereEachPositionHasOne() {
    SteeringVector vector =
        SteeringVector.of(Sites.RESID_POST.at(1), new double[] {3, -4}, "by hand", "model");
    assertThat(vector.values()).containsExactly(3, -4);
    assertThat(vector.at()).isEqualTo(Sites.RESID_POST.at(1));
    assertThat(vector.norm()).isEqualTo(5);
    assertThat(vector.toString()).contains("by hand", "model");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SteeringVector.of(Sites.PATTERN.at(1), new double[2], "x", "model"))
        .withMessageContaining("RESID_POST.at(3)");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> SteeringVector.of(Sites.RESID_POST.at(1), new double[] {Double.NaN}, "x", "m"))
        .withMessageContaining("not finite");
  }

  @Test
  void poolingByHandSkipsPadding() {
    Tokens padded =
        Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4}, new long[] {8, 9})
            .withSpans(0, List.of(new Span("s", 1, 3)))
            .withSpans(1, List.of(new Span("s", 1, 2)));
    double[][] first = residual(padded, 0);
    double[][] second = residual(padded, 1);
    assertThat(Steering.pooled(model, padded, AT, Pooling.last())[1])
        .containsExactly(second[3], within(1e-12));
    assertThat(Steering.pooled(model, padded, AT, Pooling.at(0))[1])
        .containsExactly(second[2], within(1e-12));
    double mean = (second[2][5] + second[3][5]) / 2;
    assertThat(Steering.pooled(model, padded, AT, Pooling.mean())[1][5])
        .isCloseTo(mean, within(1e-12));
    double span = (first[1][5] + first[2][5]) / 2;
    assertThat(Steering.pooled(model, padded, AT, Pooling.span("s"))[0][5])
        .isCloseTo(span, within(1e-12));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Steering.pooled(model, padded, AT, Pooling.at(2)))
        .withMessageContaining("Row 1 has 2 tokens and no position 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Steering.pooled(model, padded, Sites.PATTERN.at(1), Pooling.last()))
        .withMessageContaining("e.g. RESID_POST.at(3)");
  }

  @Test
  void differenceOfMeansByHandInMoreThanOneBatch() {
    Tokens positive = random(70, 40, 1); // 2,800 tokens: two passes
    Tokens negative = random(3, 40, 2);
    double expected = 0;
    for (int row = 0; row < 70; row++) {
      expected += residual(positive, row)[39][7] / 70;
    }
    for (int row = 0; row < 3; row++) {
      expected -= residual(negative, row)[39][7] / 3;
    }
    SteeringVector vector =
        Steering.differenceOfMeans(model, positive, negative, AT, Pooling.last());
    assertThat(vector.values()[7]).isCloseTo((float) expected, within(1e-6f));
    assertThat(vector.toString()).contains("70 and 3 prompts", "last token");
  }

  /** Prompts that differ in their last token alone: before the layers, by its embedding. */
  @Test
  void pairsThatDifferInOneDirectionGiveThatDirection() {
    long[][] ending = random(20, 6, 3).ids();
    long[][] other = random(20, 6, 3).ids();
    for (int row = 0; row < 20; row++) {
      ending[row][5] = 7;
      other[row][5] = 11;
    }
    double[][] embedding = Tensors.matrix(model.weights().get("embed.W_E"));
    double[] expected = new double[48];
    for (int i = 0; i < 48; i++) {
      expected[i] = embedding[7][i] - embedding[11][i];
    }
    HookPoint before = Sites.RESID_PRE.at(0);
    Tokens positive = Tokens.of(ending);
    Tokens negative = Tokens.of(other);
    SteeringVector contrast =
        Steering.contrastive(model, positive, negative, before, Pooling.last());
    assertThat(values(contrast)).containsExactly(expected, within(1e-6));
    assertThat(contrast.method()).contains("20 pairs, last token, 20 of them on its side");
    SteeringVector principal =
        Steering.principal(model, positive, negative, before, Pooling.last());
    assertThat(values(principal)).containsExactly(expected, within(1e-6));
    assertThat(principal.method()).contains("100 % of their squared length");
    SteeringVector noise =
        Steering.contrastive(model, random(20, 6, 1), random(20, 6, 2), AT, Pooling.last());
    assertThat(noise.method()).doesNotContain("20 of them");
  }

  /** The first right singular vector, by power iteration on the differences. */
  @Test
  void thePrincipalDifferenceByPowerIteration() {
    Tokens positive = random(12, 5, 5);
    Tokens negative = random(12, 5, 6);
    double[][] p = Steering.pooled(model, positive, AT, Pooling.mean());
    double[][] n = Steering.pooled(model, negative, AT, Pooling.mean());
    double[] v = new double[48];
    Arrays.fill(v, 1);
    for (int round = 0; round < 3000; round++) {
      double[] next = new double[48];
      for (int row = 0; row < 12; row++) {
        double along = 0;
        for (int i = 0; i < 48; i++) {
          along += (p[row][i] - n[row][i]) * v[i];
        }
        for (int i = 0; i < 48; i++) {
          next[i] += along * (p[row][i] - n[row][i]);
        }
      }
      double norm = Math.sqrt(Arrays.stream(next).map(x -> x * x).sum());
      v = Arrays.stream(next).map(x -> x / norm).toArray();
    }
    SteeringVector principal = Steering.principal(model, positive, negative, AT, Pooling.mean());
    SteeringVector iterated = new SteeringVector(AT, v, "by hand", "test");
    assertThat(Math.abs(principal.cosine(iterated))).isCloseTo(1, within(1e-6));
    SteeringVector mean = Steering.contrastive(model, positive, negative, AT, Pooling.mean());
    assertThat(principal.cosine(mean)).isPositive();
  }

  @Test
  void taskAndFunctionVectorsByHand() {
    Tokens demonstrations = random(4, 7, 8);
    double[] mean = new double[48];
    for (int row = 0; row < 4; row++) {
      double[] last = residual(demonstrations, row)[6];
      for (int i = 0; i < 48; i++) {
        mean[i] += last[i] / 4;
      }
    }
    SteeringVector task = Steering.taskVector(model, demonstrations, AT);
    assertThat(values(task)).containsExactly(mean, within(1e-6));
    // set at the last token, it is there in the run
    Tokens query = random(2, 3, 9);
    double[][] after =
        Tensors.matrix(
            model
                .with(task.replace(Slice.positions(-1)))
                .run(query, Capture.at(AT))
                .cache()
                .get(AT)
                .get(1));
    assertThat(after[2]).containsExactly(mean, within(1e-6));

    HeadSet heads = HeadSet.parse("L0H1 L2H3 L2H0");
    double[] sum = new double[48];
    for (Head head : heads) {
      HookPoint result = Sites.RESULT.at(head.layer());
      var all = model.run(demonstrations, Capture.at(result)).cache().get(result);
      for (int row = 0; row < 4; row++) {
        double[] own = Tensors.vector(all.get(row).get(6).get(head.index()));
        for (int i = 0; i < 48; i++) {
          sum[i] += own[i] / 4;
        }
      }
    }
    SteeringVector function = Steering.functionVector(model, demonstrations, heads, AT);
    assertThat(values(function)).containsExactly(sum, within(1e-6));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Steering.functionVector(model, demonstrations, HeadSet.parse("L3H0"), AT))
        .withMessageContaining("3 layers of 4");
  }

  /** One full pass for each head, its values at the last token set to the mean by hand. */
  @Test
  void taskHeadsEqualTheNaiveLoop() {
    Tokens demonstrations = random(5, 9, 20);
    Tokens shuffled =
        Tokens.padded(Tokens.Padding.RIGHT, random(1, 8, 21).row(0), random(1, 6, 22).row(0));
    Metric metric = Metrics.logProbability(3, 4);
    for (HookedTransformer each : TinyModels.all(LoadOptions.DOUBLE)) {
      TaskHeads found = TaskHeads.of(each, demonstrations, shuffled, metric);
      Run run = each.run(demonstrations, Capture.of(Sites.Z));
      double[] baseline = metric.perExample(each.run(shuffled));
      assertThat(found.baseline()).containsExactly(baseline, within(1e-9));
      for (Head head : HeadSet.parse("L0H1 L1H3 L2H0")) {
        HookPoint z = Sites.Z.at(head.layer());
        var mean = run.cache().get(z).get(":, -1").mean(new int[] {0}).reshape(1, 1, 4, 12);
        Slice slice = Slice.positions(-1).and(Axis.HEAD, head.index());
        Intervention patch = new Intervention.Patch(z, slice, Value.of(mean, "mean"));
        double[] expected = metric.perExample(each.with(patch).run(shuffled));
        assertThat(found.perExample(head)).containsExactly(expected, within(1e-9));
        double effect = (expected[0] + expected[1] - baseline[0] - baseline[1]) / 2;
        assertThat(found.effect(head)).isCloseTo(effect, within(1e-9));
      }
      Head best = found.top(1).toList().get(0);
      for (Head head : each.config().allHeads()) {
        assertThat(found.effect(head)).isLessThanOrEqualTo(found.effect(best));
      }
      assertThat(found.toString()).contains(best.toString());
    }
    TaskHeads found = TaskHeads.of(model, demonstrations, shuffled, metric);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> found.top(13))
        .withMessageContaining("There are 12 heads");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> found.effect(new Head(3, 0)))
        .withMessageContaining("layers 0 to 2");
  }

  /** The gradient of the weights against central differences, and whether the search climbs. */
  @Test
  void learnedWeightsRaiseTheMetricAndFollowItsGradient() {
    Tokens demonstrations = random(4, 9, 30);
    Tokens queries =
        Tokens.padded(Tokens.Padding.RIGHT, random(1, 5, 31).row(0), random(1, 3, 32).row(0));
    Metric metric = Metrics.logProbability(3, 4);
    double[][] means = Steering.headMeans(model, demonstrations, AT);
    double plain = metric.of(model.run(queries));
    double rate = 1e-4; // one step of plain descent moves each weight by the rate times its slope
    TrainingOptions one =
        new TrainingOptions(
            1, 1, Schedule.constant(rate), OptimizerSpec.sgd(0), OptionalDouble.empty(), 1);
    LearnedTaskVector moved = LearnedTaskVector.of(model, demonstrations, queries, metric, AT, one);
    for (Head head : HeadSet.parse("L0H1 L1H3 L2H0")) {
      double eps = 1e-2;
      double[] mean = means[head.layer() * 4 + head.index()];
      SteeringVector direction = new SteeringVector(AT, mean, "by hand", "test");
      Slice last = Slice.positions(-1);
      double up = metric.of(model.with(direction.add(eps, last)).run(queries));
      double down = metric.of(model.with(direction.add(-eps, last)).run(queries));
      assertThat(moved.weight(head) / rate).isCloseTo((up - down) / (2 * eps), within(1e-4));
    }
    LearnedTaskVector learned =
        LearnedTaskVector.of(
            model, demonstrations, queries, metric, AT, TrainingOptions.adam(60, 1, 0.3, 1));
    double after = metric.of(model.with(learned.vector().add(1, Slice.positions(-1))).run(queries));
    assertThat(learned.curve().total()[0]).isCloseTo(-plain, within(1e-9));
    assertThat(after).isGreaterThan(plain + 0.1);
    assertThat(learned.top(2).size()).isEqualTo(2);
    assertThat(learned.toString()).contains("60 steps on 2 queries");
  }

  @Test
  void addedInGenerationFromTheFirstNewToken() {
    Tokens prompt = random(1, 6, 10);
    SteeringVector vector =
        Steering.differenceOfMeans(model, random(5, 6, 11), random(5, 6, 12), AT, Pooling.last());
    GenerationOptions options = GenerationOptions.greedy(6);
    Generation steered =
        model.with(vector.add(40, Slice.ALL.fromStep(1))).generate(prompt, options);
    Generation plain = model.generate(prompt, options);
    assertThat(steered.steps().get(0).emitted()).isEqualTo(plain.steps().get(0).emitted());
    assertThat(steered.receipts().get(0).fired()).isEqualTo(5);
    assertThat(steered.tokens()).isNotEqualTo(plain.tokens());
  }

  @Test
  void projectionsAndControls() {
    Tokens tokens = random(3, 6, 13);
    SteeringVector vector =
        Steering.differenceOfMeans(model, random(5, 6, 11), random(5, 6, 12), AT, Pooling.last());
    double expected = 0;
    double[] last = residual(tokens, 1)[5];
    for (int i = 0; i < 48; i++) {
      expected += last[i] * vector.values()[i] / vector.norm();
    }
    assertThat(vector.projections(model, tokens, Pooling.last())[1])
        .isCloseTo(expected, within(1e-6));
    HookedTransformer without = model.with(vector.projectOut(Slice.ALL));
    assertThat(vector.projections(without, tokens, Pooling.last())[1]).isCloseTo(0, within(1e-6));
    SteeringVector control = SteeringVector.random(vector, 1);
    assertThat(control.norm()).isCloseTo(vector.norm(), within(1e-5));
    assertThat(Math.abs(control.cosine(vector))).isLessThan(0.5);
    assertThat(SteeringVector.random(vector, 1).values()).containsExactly(control.values());
    assertThat(vector.times(-2).cosine(vector)).isCloseTo(-1, within(1e-9));
    assertThat(vector.times(-2).norm()).isCloseTo(2 * vector.norm(), within(1e-5));
  }

  @Test
  void savedAndLoaded(@TempDir Path folder) throws IOException {
    SteeringVector vector = Steering.taskVector(model, random(3, 6, 1), AT);
    Path file = folder.resolve("vector.safetensors");
    vector.save(file);
    SteeringVector loaded = SteeringVector.load(file);
    assertThat(loaded.values()).containsExactly(vector.values());
    assertThat(loaded.at()).isEqualTo(AT);
    assertThat(loaded.method()).isEqualTo(vector.method());
    Path other = folder.resolve("other.safetensors");
    new SafetensorsWriter().add("w", new float[] {1}, 1).write(other);
    assertThatThrownBy(() -> SteeringVector.load(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other.safetensors is no steering vector");
  }

  @Test
  void whatCannotBeASteeringVectorIsRefused() {
    Tokens three = random(3, 6, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Steering.contrastive(model, three, random(2, 6, 1), AT, Pooling.last()))
        .withMessageContaining("differenceOfMeans");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Steering.taskVector(model, three, Sites.RESID_POST.at(3)))
        .withMessageContaining("layers 0 to 2");
    SteeringVector vector = Steering.taskVector(model, three, AT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vector.times(0).cosine(vector))
        .withMessageContaining("neither zero");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vector.times(Double.NaN))
        .withMessageContaining("not finite");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> three.rows(1, 4))
        .withMessageContaining("rows 0 to 2");
  }
}
