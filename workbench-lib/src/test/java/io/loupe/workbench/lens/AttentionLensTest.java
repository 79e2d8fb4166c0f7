package io.loupe.workbench.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionLensTest {
  private static final HeadSet HEADS = HeadSet.parse("L0H0 L0H1");

  @TempDir private Path folder;

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @Test
  void readsHeadsOfHeldOutStoriesBetterThanTheUnembedding() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    HeadSet heads = HeadSet.parse("L4H0 L4H2 L2H6");
    AttentionLens lens =
        AttentionLens.train(
            model, heads, Corpus.stories(model, 48, 48, 1), TrainingOptions.adam(60, 8, 1e-2, 1));
    LensEvaluation evaluation = lens.evaluate(model, Corpus.stories(model, 24, 48, 2));
    for (LensEvaluation.Line line : evaluation.lines()) {
      assertThat(evaluation.gain(line.label(), 1).low()).as(line.label()).isPositive();
    }
    LogitLens read = lens.of(model, model.tokens("Lily had a new toy. One day,"));
    assertThat(read.labels()).containsExactly("L2H6", "L4H0", "L4H2");
  }

  /** Before training, what a head writes goes through the unembedding. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void beginsAsTheUnembeddingOfWhatAHeadWrites(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    Tokens corpus = Corpus.random(model, 4, 1);
    AttentionLens lens =
        AttentionLens.train(model, HEADS, corpus, TrainingOptions.adam(2, 4, 1e-3, 1));
    LensEvaluation evaluation = lens.evaluate(model, corpus);
    try (Run run = model.run(Tokens.of(corpus.row(2)), Capture.of(Sites.RESULT))) {
      double[][] own = Tensors.matrix(run.logits().get(0).softmax(-1));
      NDArray result = run.cache().get(Sites.RESULT.at(0)).get(0).get(":, 1");
      NDArray logits = result.matMul(model.weights().get("unembed.W_U").transpose());
      if (model.weights().names().contains("unembed.b_U")) {
        logits = logits.add(model.weights().get("unembed.b_U"));
      }
      double[][] said = Tensors.matrix(logits.softmax(-1));
      double sum = 0;
      for (int i = 0; i < own.length; i++) {
        for (int id = 0; id < own[i].length; id++) {
          sum += own[i][id] * Math.log(own[i][id] / said[i][id]);
        }
      }
      assertThat(evaluation.line("L0H1").before().divergence()[2])
          .isCloseTo(sum / own.length, within(1e-8));
    }
    for (LensEvaluation.Line line : evaluation.lines()) {
      assertThat(line.after().mean()).as(line.label()).isLessThan(line.before().mean());
    }
  }

  @Test
  void savedAndLoadedItSaysTheSame() throws IOException {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Tokens corpus = Corpus.random(model, 4, 1);
    AttentionLens lens =
        AttentionLens.train(model, HEADS, corpus, TrainingOptions.adam(3, 4, 1e-2, 1));
    Path file = folder.resolve("lens.safetensors");
    lens.save(file);
    AttentionLens loaded = AttentionLens.load(file, model, HEADS);
    Tokens text = Tokens.of(new long[] {1, 2, 3});
    assertThat(loaded.of(model, text).topProbabilities())
        .isDeepEqualTo(lens.of(model, text).topProbabilities());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TunedLens.load(file, model))
        .withMessageContaining("holds no tuned lens; it is a lens of another kind: attention lens");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionLens.load(file, TinyModels.llama(LoadOptions.DEFAULT), HEADS))
        .withMessageContaining("trained on");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                AttentionLens.train(
                    model, HeadSet.parse("L7H0"), corpus, TrainingOptions.adam(3, 4, 1e-2, 1)))
        .withMessageContaining("L2H3");
  }
}
