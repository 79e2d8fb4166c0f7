package io.loupe.workbench.family;

import static io.loupe.workbench.intervention.Interventions.edit;
import static io.loupe.workbench.site.Sites.LOGITS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Generation;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.GenerationStep;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.model.Sampling;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every model, tried on random small ones of every family. */
@ParameterizedClass(name = "{0} {1}")
@MethodSource("families")
class RandomFamiliesTest {
  private static final double TOLERANCE = 1e-9; // in float64
  private static final int SEEDS = 4;

  @Parameter(0)
  String family;

  @Parameter(1)
  int seed;

  @TempDir Path folder;

  private HookedTransformer model;
  private Random random;

  static Stream<Arguments> families() {
    return Families.names().stream()
        .filter(family -> !family.equals("loupe")) // any configuration: see SavedModelTest
        .flatMap(
            family ->
                Stream.iterate(0, seed -> seed + 1)
                    .limit(SEEDS)
                    .map(seed -> Arguments.of(family, seed)));
  }

  @BeforeEach
  void make() throws IOException {
    RandomCheckpoint.write(folder, family, 1000L * seed + family.hashCode());
    model = HookedTransformer.load(folder, LoadOptions.DOUBLE);
    random = new Random(seed);
  }

  @Test
  void paddedBatchEqualsSinglePrompts() {
    long[][] rows = {ids(3), ids(9), ids(1), ids(6)};
    for (Tokens.Padding side : Tokens.Padding.values()) {
      assertRowsEqualSinglePrompts(Tokens.padded(side, rows), rows);
    }
    long[][] mixed = new long[4][9];
    long[][] mask = new long[4][9];
    for (int row = 0; row < 4; row++) {
      int from = row == 3 ? 2 : 0; // padded on both sides
      System.arraycopy(rows[row], 0, mixed[row], from, rows[row].length);
      Arrays.fill(mask[row], from, from + rows[row].length, 1);
    }
    assertRowsEqualSinglePrompts(Tokens.masked(mixed, mask), rows);
  }

  private void assertRowsEqualSinglePrompts(Tokens batch, long[][] rows) {
    NDArray logits = model.run(batch).logits();
    for (int row = 0; row < rows.length; row++) {
      double[][] single = Tensors.matrix(model.run(Tokens.of(rows[row])).logits().get(0));
      for (int position = 0; position < rows[row].length; position++) {
        NDArray own = logits.get(new NDIndex("{}, {}", row, batch.column(row, position)));
        assertThat(Tensors.vector(own)).containsExactly(single[position], within(TOLERANCE));
      }
    }
  }

  @Test
  void orderInTheBatchDoesNotMatter() {
    long[][] rows = {ids(5), ids(5), ids(5)};
    double[] there = Tensors.doubles(model.run(Tokens.of(rows)).logits());
    double[] back =
        Tensors.doubles(model.run(Tokens.of(rows[2], rows[1], rows[0])).logits().flip(0));
    assertThat(back).containsExactly(there, within(TOLERANCE));
  }

  @Test
  void everyPointFiresOnceAndHooksThatReturnTheirInputChangeNothing() {
    Tokens tokens = Tokens.padded(Tokens.Padding.LEFT, ids(7), ids(4));
    List<Intervention> identities = new ArrayList<>();
    for (HookPoint point : model.config().hookPoints()) {
      identities.add(edit(point, x -> x));
    }
    Run plain = model.run(tokens);
    Run hooked = model.with(identities).run(tokens);
    assertThat(Tensors.doubles(hooked.logits()))
        .containsExactly(Tensors.doubles(plain.logits()), within(TOLERANCE));
    assertThat(hooked.receipts())
        .allSatisfy(receipt -> assertThat(receipt.fired()).isEqualTo(1))
        .allSatisfy(receipt -> assertThat(receipt.editNorm()).isZero());
    assertThat(hooked.fired().keySet()).isEqualTo(new TreeSet<>(model.config().hookPoints()));
  }

  @Test
  void sitesHaveTheShapeOfTheirAxes() {
    Run run = model.run(Tokens.of(ids(5), ids(5)), Capture.matching(point -> true));
    for (HookPoint point : model.config().hookPoints()) {
      long[] shape = run.cache().get(point).getShape().getShape();
      assertThat(shape).as(point.toString()).hasSize(point.site().axes().size());
      for (int i = 0; i < shape.length; i++) {
        long expected =
            switch (point.site().axes().get(i)) {
              case BATCH ->
                  point.site().name().endsWith("_embed") && !point.site().equals(Sites.EMBED)
                      ? 1
                      : 2;
              case POS, QUERY_POS, KEY_POS -> 5;
              case HEAD -> model.config().heads();
              case KV_HEAD -> model.config().kvHeads();
              case D_MODEL -> model.config().dModel();
              case D_HEAD -> model.config().dHead();
              case D_MLP -> model.config().sizes().dMlp();
              case D_VOCAB -> model.config().vocab();
              case ONE -> 1;
            };
        assertThat(shape[i]).as(point + " " + point.site().axes().get(i)).isEqualTo(expected);
      }
    }
  }

  @Test
  void sitesThatAreNotThereSayWhy() {
    for (Site site : Sites.all()) {
      if (!model.config().has(site)) {
        HookPoint point = site.perLayer() ? site.at(0) : site.here();
        assertThatIllegalArgumentException()
            .isThrownBy(() -> model.with(edit(point, x -> x)))
            .withMessageContaining(family)
            .withMessageContaining(site.toString())
            .withMessageContaining(site.meaning());
      }
    }
  }

  @Test
  void float32EqualsFloat64() throws IOException {
    Tokens tokens = Tokens.of(ids(8), ids(8));
    double[] wide = Tensors.doubles(model.run(tokens).logits());
    HookedTransformer single = HookedTransformer.load(folder, LoadOptions.DEFAULT);
    double[] narrow = Tensors.doubles(single.run(tokens).logits());
    double largest = Arrays.stream(wide).map(Math::abs).max().orElseThrow();
    assertThat(narrow).containsExactly(wide, within(2e-5 * largest));
  }

  @Test
  void aPrefixRunsAsInTheWhole() {
    if (!model.config().causal() || anglesDependOnLength()) {
      return;
    }
    long[] row = ids(9);
    double[][] whole = Tensors.matrix(model.run(Tokens.of(row)).logits().get(0));
    for (int length = 1; length < row.length; length++) {
      Tokens prefix = Tokens.of(Arrays.copyOf(row, length));
      double[][] part = Tensors.matrix(model.run(prefix).logits().get(0));
      for (int position = 0; position < length; position++) {
        assertThat(part[position]).containsExactly(whole[position], within(TOLERANCE));
      }
    }
  }

  /** Dynamic and long rotary scaling turn all positions by angles that the length decides. */
  private boolean anglesDependOnLength() {
    String attention = model.config().attention().toString();
    return attention.contains("Dynamic") || attention.contains("LongRope");
  }

  @Test
  void generationIsTheSameWithTheCacheAndWithout() {
    Tokens prompts = Tokens.padded(Tokens.Padding.RIGHT, ids(4), ids(2), ids(6));
    GenerationOptions options =
        GenerationOptions.sampled(6, Sampling.withTemperature(1.3).topK(20).topP(0.95), seed)
            .stopAtToken(3, 4, 5)
            .capturing(Capture.of(LOGITS));
    if (!model.config().causal()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.generate(prompts, options))
          .withMessageContaining("bidirectional")
          .withMessageContaining(family);
      return;
    }
    Generation cached = model.generate(prompts, options);
    Generation anew = model.generate(prompts, options.withoutCache());
    assertThat(anew.tokens()).isEqualTo(cached.tokens());
    assertThat(anew.steps()).hasSameSizeAs(cached.steps());
    for (int i = 0; i < cached.steps().size(); i++) {
      double[] expected = Tensors.doubles(anew.steps().get(i).cache().get(LOGITS));
      double[] actual = Tensors.doubles(cached.steps().get(i).cache().get(LOGITS));
      for (int row = 0; row < 3; row++) {
        if (cached.steps().get(i).emitted().get(row).isPresent()) {
          int part = expected.length / 3;
          assertThat(Arrays.copyOfRange(actual, row * part, (row + 1) * part))
              .containsExactly(
                  Arrays.copyOfRange(expected, row * part, (row + 1) * part), within(TOLERANCE));
        }
      }
    }
    assertEveryStepIsThePlainRun(cached);
    assertSameAsAlone(prompts, options, cached);
  }

  /** What a step says of its token is what a plain run on the same text says. */
  private void assertEveryStepIsThePlainRun(Generation generation) {
    for (GenerationStep step : generation.steps()) {
      NDArray logits = model.run(step.seen()).logits();
      for (int row = 0; row < step.seen().batch(); row++) {
        if (step.emitted().get(row).isPresent()) {
          int token = (int) step.emitted().get(row).getAsLong();
          NDArray last = logits.get(new NDIndex("{}, {}", row, step.seen().column(row, -1)));
          double expected = Tensors.vector(last.logSoftmax(0))[token];
          assertThat(step.logProbabilities().get(row)).isCloseTo(expected, within(TOLERANCE));
        }
      }
    }
  }

  private void assertSameAsAlone(Tokens prompts, GenerationOptions options, Generation batch) {
    for (int row = 0; row < prompts.batch(); row++) {
      GenerationOptions alone =
          GenerationOptions.sampled(options.newTokens(), options.sampling(), options.seed() + row)
              .stopAtToken(3, 4, 5);
      Generation single = model.generate(Tokens.of(prompts.row(row)), alone);
      assertThat(batch.tokens().row(row)).containsExactly(single.tokens().row(0));
    }
  }

  private long[] ids(int length) {
    return random.longs(length, 0, RandomCheckpoint.VOCAB).toArray();
  }
}
