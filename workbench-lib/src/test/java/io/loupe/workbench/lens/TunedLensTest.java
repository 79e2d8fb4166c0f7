package io.loupe.workbench.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.safetensors.SafetensorsException;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TunedLensTest {
  private static final TrainingOptions OPTIONS = TrainingOptions.adam(60, 8, 3e-3, 1);

  @TempDir private Path folder;

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @Test
  void liesNearerToTheModelThanTheLogitLensAtEveryLayerOfHeldOutStories() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    Tokens train = Corpus.stories(model, 48, 48, 1);
    Tokens held = Corpus.stories(model, 24, 48, 2);
    TunedLens lens = TunedLens.train(model, train, OPTIONS);
    LensEvaluation evaluation = lens.evaluate(model, held);
    assertThat(evaluation.lines()).hasSize(5);
    for (LensEvaluation.Line line : evaluation.lines()) {
      assertThat(line.after().mean()).as(line.label()).isLessThan(line.before().mean());
      assertThat(evaluation.gain(line.label(), 1).low()).as(line.label()).isPositive();
    }
    for (String late : new String[] {"layer 1", "layer 2", "layer 3"}) {
      LensEvaluation.Line line = evaluation.line(late);
      assertThat(line.after().bias()).as(late).isLessThan(line.before().bias());
      assertThat(line.after().perplexity()).as(late).isLessThan(line.before().perplexity());
    }
    assertThat(lens.curve().orElseThrow().losses()).hasSize(5);

    LogitLens own = LogitLens.of(model, "Lily and Ben went to the park.");
    LogitLens tuned = lens.of(model, "Lily and Ben went to the park.");
    assertThat(tuned.points()).isEqualTo(own.points());
    assertThat(tuned.topProbabilities()[5]).containsExactly(own.topProbabilities()[5]);
    assertThat(tuned.topProbabilities()[3]).isNotEqualTo(own.topProbabilities()[3]);
    assertThat(tuned.plot().title()).startsWith("Tuned lens");
  }

  /** Padding, a norm with a bias, float64; the numbers again in plain loops. */
  @Test
  void theEvaluationIsThatOfPlainLoops() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens texts = Corpus.random(model, 5, 3);
    TunedLens lens =
        TunedLens.train(model, Corpus.random(model, 6, 4), TrainingOptions.adam(5, 3, 1e-2, 1));
    LensEvaluation evaluation = lens.evaluate(model, texts);
    double[] ownMean = new double[128];
    double[] lensMean = new double[128];
    double entropy = 0;
    int tokens = 0;
    int predicted = 0;
    NDArray a = parameter(lens, Sites.RESID_POST.at(1) + ".A");
    NDArray b = parameter(lens, Sites.RESID_POST.at(1) + ".b");
    assertThat(Tensors.doubles(a.abs().sum())[0]).isPositive();
    for (int row = 0; row < texts.batch(); row++) {
      long[] ids = texts.row(row);
      try (Run run = model.run(Tokens.of(ids), Capture.of(Sites.RESID_POST))) {
        double[][] own = Tensors.matrix(run.logits().get(0).softmax(-1));
        NDArray x = run.cache().get(Sites.RESID_POST.at(1)).get(0);
        double[][] plain = Tensors.matrix(model.decode(x).softmax(-1));
        NDArray translated = x.add(x.matMul(a.transpose())).add(b);
        double[][] tuned = Tensors.matrix(model.decode(translated).softmax(-1));
        assertThat(evaluation.line("layer 1").before().divergence()[row])
            .isCloseTo(divergence(own, plain), within(1e-9));
        assertThat(evaluation.line("layer 1").after().divergence()[row])
            .isCloseTo(divergence(own, tuned), within(1e-9));
        for (int position = 0; position < ids.length; position++) {
          for (int id = 0; id < 128; id++) {
            ownMean[id] += own[position][id];
            lensMean[id] += tuned[position][id];
          }
          if (position + 1 < ids.length) {
            entropy -= Math.log(tuned[position][(int) ids[position + 1]]);
            predicted++;
          }
        }
        tokens += ids.length;
      }
    }
    double bias = 0;
    for (int id = 0; id < 128; id++) {
      bias += ownMean[id] / tokens * Math.log(ownMean[id] / lensMean[id]);
    }
    LensEvaluation.Reading reading = evaluation.line("layer 1").after();
    assertThat(reading.bias()).isCloseTo(bias, within(1e-9));
    assertThat(reading.crossEntropy()).isCloseTo(entropy / predicted, within(1e-6));
    assertThat(reading.perplexity()).isCloseTo(Math.exp(entropy / predicted), within(1e-3));
  }

  private static NDArray parameter(TunedLens lens, String name) {
    NDArray parameter = lens.parameters().get(name);
    assertThat(parameter).isNotNull();
    return parameter == null ? lens.parameters().values().iterator().next() : parameter;
  }

  /** Mean over tokens of KL(p || q). */
  private static double divergence(double[][] p, double[][] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      for (int id = 0; id < p[i].length; id++) {
        sum += p[i][id] * Math.log(p[i][id] / q[i][id]);
      }
    }
    return sum / p.length;
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void everyFamilyHasOne(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DEFAULT);
    Tokens corpus = Corpus.random(model, 8, 1);
    TunedLens lens = TunedLens.train(model, corpus, TrainingOptions.adam(10, 8, 1e-2, 1));
    LensEvaluation evaluation = lens.evaluate(model, corpus);
    for (LensEvaluation.Line line : evaluation.lines()) {
      assertThat(line.after().mean()).as(line.label()).isLessThan(line.before().mean());
    }
    Tokens one = Tokens.of(corpus.row(0));
    int last = model.config().layers();
    assertThat(lens.of(model, one).topProbabilities()[last])
        .containsExactly(LogitLens.of(model, one).topProbabilities()[last]);
  }

  @Test
  void theSameSeedGivesTheSameBytesAndALoadedLensTheSameNumbers() throws IOException {
    HookedTransformer model = TinyModels.llama(LoadOptions.DEFAULT);
    Tokens corpus = Corpus.random(model, 8, 1);
    TrainingOptions options = TrainingOptions.adam(10, 3, 1e-2, 5);
    Path first = folder.resolve("a.safetensors");
    Path second = folder.resolve("b.safetensors");
    Path other = folder.resolve("c.safetensors");
    TunedLens lens = TunedLens.train(model, corpus, options);
    lens.save(first);
    TunedLens.train(model, corpus, options).save(second);
    TunedLens.train(model, corpus, TrainingOptions.adam(10, 3, 1e-2, 6)).save(other);
    assertThat(second).hasSameBinaryContentAs(first);
    assertThat(Files.readAllBytes(other)).isNotEqualTo(Files.readAllBytes(first));

    HookedTransformer again = TinyModels.llama(LoadOptions.DEFAULT);
    TunedLens loaded = TunedLens.load(first, again);
    Tokens text = Tokens.of(new long[] {1, 2, 3});
    assertThat(loaded.of(again, text).topProbabilities())
        .isDeepEqualTo(lens.of(model, text).topProbabilities());
    assertThat(loaded.evaluate(again, corpus).toString())
        .isEqualTo(lens.evaluate(model, corpus).toString());
    assertThat(loaded.curve()).isEmpty();
    HookedTransformer edited = again.with(Interventions.zero(new Head(0, 1)));
    assertThat(loaded.of(edited, text).topProbabilities())
        .isNotEqualTo(lens.of(model, text).topProbabilities());
  }

  @Test
  void aLensOfAnotherModelIsRefused() throws IOException {
    HookedTransformer model = TinyModels.llama(LoadOptions.DEFAULT);
    Tokens corpus = Corpus.random(model, 4, 1);
    TunedLens lens = TunedLens.train(model, corpus, TrainingOptions.adam(1, 2, 1e-2, 5));
    Path file = folder.resolve("lens.safetensors");
    lens.save(file);
    HookedTransformer other = TinyModels.gpt2(LoadOptions.DEFAULT);
    Tokens text = Tokens.of(new long[] {1, 2, 3});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lens.of(other, text))
        .withMessageContaining("random, seed 2")
        .withMessageContaining("random, seed 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TunedLens.load(file, other))
        .withMessageContaining("trained on");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lens.evaluate(model.folded(), corpus))
        .withMessageContaining("gauge");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lens.of(model, text.repeat(2)))
        .withMessageContaining("batch of 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                TunedLens.train(
                    model.with(Interventions.zero(new Head(0, 1))),
                    corpus,
                    TrainingOptions.adam(1, 2, 1e-2, 5)))
        .withMessageContaining("without interventions");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TunedLens.train(model, text, TrainingOptions.adam(1, 2, 1e-2, 5)))
        .withMessageContaining("one row");
    assertThatExceptionOfType(SafetensorsException.class)
        .isThrownBy(() -> TunedLens.load(folder.resolve("none"), model))
        .withMessageContaining("no such file");
  }
}
