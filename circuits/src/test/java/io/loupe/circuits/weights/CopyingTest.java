package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.circuits.heads.HeadMap;
import io.loupe.datasets.words.Words.WordPair;
import io.loupe.workbench.laboratory.CompiledModel;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;

/** Copying, relations and salient tokens: what an OV circuit makes of tokens. */
class CopyingTest {
  private static final Head INDUCTION = new Head(1, 0);

  @Test
  void eigenvalueScoresAreThoseOfTheWholeVocabularyCircuit() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    HeadWeights plain = HeadWeights.folded(model);
    for (HeadWeights weights : List.of(plain, plain.with(TokenVectors.THROUGH_FIRST_MLP))) {
      HeadMap scores = Copying.eigenvalues(weights);
      for (Head head : List.of(new Head(0, 2), new Head(2, 1))) {
        SimpleMatrix whole = new SimpleMatrix(weights.vocabularyOv(head).dense());
        double sum = 0;
        double sizes = 0;
        for (var value : whole.eig().getEigenvalues()) {
          sum += value.real;
          sizes += value.getMagnitude();
        }
        assertThat(scores.score(head)).isCloseTo(sum / sizes, within(1e-6));
      }
    }
  }

  @Test
  void theCompiledInductionHeadCopiesAndOthersDoNot() {
    CompiledModel compiled = CompiledModels.uselessHead();
    HeadWeights weights = HeadWeights.folded(compiled.model());
    HeadMap scores = Copying.eigenvalues(weights);
    assertThat(scores.score(INDUCTION)).isCloseTo(1, within(1e-6));
    assertThat(scores.score(new Head(0, 0))).isZero();
    assertThat(scores.score(new Head(1, 1))).isZero(); // looks right and writes where none reads
    HeadMap copied = Copying.ofTokens(weights, 1, LongStream.range(0, 16).toArray());
    assertThat(copied.score(INDUCTION)).isEqualTo(1);
    assertThat(copied.perExample(INDUCTION)).hasSize(16);
    // in the folded gauge other tokens are lowered, so that the first of equals is hit once
    assertThat(Copying.negativeOfTokens(weights, 1, 1, 2, 3).score(INDUCTION)).isZero();
    HookedTransformer turned = changed(compiled.model(), "blocks.1.attn.W_O", -1, 0);
    HeadWeights against = HeadWeights.folded(turned);
    assertThat(Copying.eigenvalues(against).score(INDUCTION)).isCloseTo(-1, within(1e-6));
    assertThat(Copying.negativeOfTokens(against, 1, 1, 2, 3).score(INDUCTION)).isEqualTo(1);
    assertThat(Copying.ofTokens(against, 1, 1, 2, 3).score(INDUCTION)).isZero();
  }

  /** The induction head's unembedding is moved by one: it raises what follows in the alphabet. */
  @Test
  void relationsAreFoundWhereTheyWerePut() {
    HookedTransformer model = changed(CompiledModels.uselessHead().model(), "unembed.W_U", 1, 1);
    HeadWeights weights = HeadWeights.folded(model);
    RelationSet next =
        new RelationSet(
            "next",
            IntStream.range(0, 15)
                .mapToObj(i -> new RelationSet.Pair(i, i + 1, i + " > " + (i + 1)))
                .toList(),
            List.of());
    RelationSet same =
        new RelationSet(
            "same",
            IntStream.range(0, 15).mapToObj(i -> new RelationSet.Pair(i, i, "" + i)).toList(),
            List.of());
    RelationScores scores = RelationScores.of(weights, List.of(next, same), 1);
    assertThat(scores.map("next").score(INDUCTION)).isEqualTo(1);
    assertThat(scores.map("same").score(INDUCTION)).isZero();
    assertThat(scores.control("next").score(INDUCTION)).isZero();
    assertThat(scores.suppression("next").score(INDUCTION)).isZero();
    // all of the last 14 sources raise another pair's target of 14
    assertThat(scores.control("same").score(INDUCTION)).isCloseTo(14.0 / 15 / 14, within(1e-12));
    assertThat(scores.map("next").ranked().get(0)).isEqualTo(INDUCTION);
    assertThat(scores.table(INDUCTION).rows().get(0).get(0)).isEqualTo("next");
    RelationScores back = RelationScores.of(weights, List.of(next.reversed()), 1);
    assertThat(back.map("next, reversed").score(INDUCTION)).isZero();
    assertThat(next.reversed().pairs().get(3).source()).isEqualTo(4);
    assertThat(next.reversed().reversed().pairs()).hasSize(15);
    assertThat(scores.display().toString()).contains("next", "L1H0");
    HeadWeightsTest.refused(() -> scores.map("other"), "there are [next, same]");
    HeadWeightsTest.refused(() -> RelationScores.of(weights, List.of(), 1), "RelationSet.of");
    HeadWeightsTest.refused(
        () -> RelationScores.of(weights, List.of(next, next), 1), "Two relations are named 'next'");
    HeadWeightsTest.refused(() -> new RelationSet("none", List.of(), List.of()), "has no pair");
    RelationSet beyond = new RelationSet("b", List.of(new RelationSet.Pair(0, 17, "b")), List.of());
    HeadWeightsTest.refused(
        () -> RelationScores.of(weights, List.of(beyond), 1), "There is no token 17");
  }

  @Test
  void wordsThatAreSplitAreLeftOutAndSaid() throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-lm");
    List<WordPair> known =
        List.of(
            new WordPair("he", "she"),
            new WordPair("man", "woman"),
            new WordPair("king", "queen"),
            new WordPair("boy", "girl"),
            new WordPair("one", "two"),
            new WordPair("Xyzzy", "Qwrtz"));
    RelationSet set = RelationSet.of("mixed", known, model.tokenizer());
    assertThat(set.pairs()).hasSize(5);
    assertThat(set.leftOut()).containsExactly("Xyzzy");
    assertThat(set.display().toString()).contains("man > woman");
    assertThat(set.pairs().get(1).source()).isEqualTo(model.tokenizer().idOf(" man").getAsLong());
    HeadWeightsTest.refused(
        () -> RelationSet.of("few", known.subList(2, 6), model.tokenizer()), "Xyzzy");
  }

  @Test
  void salienceIsWhatIsWrittenOverWhatIsRead() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    HeadWeights weights = HeadWeights.folded(model);
    Head head = new Head(2, 3);
    double[] saliency = SalientPairs.saliency(weights, head);
    SimpleMatrix embeddings = new SimpleMatrix(Tensors.matrix(weights.tokens(head)));
    SimpleMatrix written = embeddings.mult(new SimpleMatrix(weights.ov(head).dense()));
    int best = 0;
    for (int token = 0; token < saliency.length; token++) {
      double expected =
          written.extractVector(true, token).normF()
              / embeddings.extractVector(true, token).normF();
      assertThat(saliency[token]).isCloseTo(expected, within(1e-9));
      best = saliency[token] > saliency[best] ? token : best;
    }
    VocabularyMap top = SalientPairs.of(weights, head, 2, 3);
    assertThat(top.rows()).hasSize(2);
    assertThat(top.rows().get(0).token()).isEqualTo(best);
    assertThat(top.rows().get(0).highest().get(0).token())
        .isEqualTo(weights.vocabularyOv(head).topOfRow(best, 1).get(0).column());
    assertThat(top.rows().get(0).lowest().get(0).token())
        .isEqualTo(
            weights.vocabularyOv(head).bottomOfRows(new int[] {best}, 1).get(0).get(0).column());
    assertThat(top.display().toString()).contains("highest", "folded weights");
  }

  @Test
  void singularVectorsAreReadAsTokens() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    HeadWeights weights = HeadWeights.folded(model);
    Head head = new Head(1, 1);
    SingularReading reading = SingularReading.of(weights, head, 2, 3);
    FactoredMatrix.Decomposition svd = weights.ov(head).svd();
    SimpleMatrix embeddings = new SimpleMatrix(Tensors.matrix(weights.tokens(head)));
    SimpleMatrix along =
        embeddings.mult(new SimpleMatrix(model.config().dModel(), 1, true, svd.left()[0]));
    int best =
        IntStream.range(0, 128)
            .boxed()
            .max((a, b) -> Double.compare(along.get(a), along.get(b)))
            .orElseThrow();
    SingularReading.Direction first = reading.directions().get(0);
    assertThat(first.readHigh().get(0).token()).isEqualTo(best);
    assertThat(first.readHigh().get(0).value()).isCloseTo(along.get(best), within(1e-9));
    assertThat(first.readLow().get(0).value()).isNegative();
    assertThat(first.value()).isCloseTo(svd.values()[0], within(1e-12));
    SimpleMatrix unembedding =
        new SimpleMatrix(Tensors.matrix(weights.model().weights().get("unembed.W_U")));
    SimpleMatrix raised =
        unembedding.mult(new SimpleMatrix(model.config().dModel(), 1, true, svd.right()[0]));
    assertThat(first.writtenHigh().get(0).value()).isCloseTo(raised.elementMax(), within(1e-9));
    assertThat(first.writtenLow().get(0).value()).isCloseTo(raised.elementMin(), within(1e-9));
    assertThat(reading.display().toString()).contains("singular value", "folded weights");
    HeadWeightsTest.refused(() -> SingularReading.of(weights, head, 13, 3), "12 singular vectors");
  }

  /** Multiplies a weight, and moves its rows down. */
  private static HookedTransformer changed(
      HookedTransformer model, String name, double factor, int rows) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (String each : model.weights().names()) {
      weights.put(each, model.weights().get(each));
    }
    NDArray own = weights.get(name);
    NDArray moved = NativeMemory.keep(own.duplicate().mul(factor));
    if (rows > 0) {
      double[][] all = Tensors.matrix(own);
      double[] flat = new double[all.length * all[0].length];
      for (int i = 0; i < all.length; i++) {
        System.arraycopy(all[i], 0, flat, (i + rows) % all.length * all[0].length, all[0].length);
      }
      moved =
          NativeMemory.keep(
              Tensors.as(own.getDataType(), own.getManager().create(flat, own.getShape())));
    }
    weights.put(name, moved);
    return model.withWeights(model.name() + " changed", new Weights(weights));
  }
}
