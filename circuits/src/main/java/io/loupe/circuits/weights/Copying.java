package io.loupe.circuits.weights;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.site.Head;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.simple.SimpleMatrix;

/** How far heads write what they attend to: copying scores of all heads, from the weights. */
public final class Copying {
  private static final String ELHAGE =
      "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits";
  private static final String WANG =
      "Wang et al. 2022, Interpretability in the Wild: a Circuit for Indirect Object Identification in GPT-2 small";

  private Copying() {}

  /**
   * Returns each head's sum of the eigenvalues of its OV circuit over the vocabulary, over the sum
   * of their absolute values: from -1 to 1, 1 for a head that raises every token it attends to, -1
   * for one that lowers it, 0 for one that writes nothing. The eigenvalues are those of W_O (W_U E)
   * W_V, [d_head, d_head], where W_U E, [d_model, d_model], is computed once.
   *
   * @throws IllegalArgumentException if a dense layer stands before the model's unembedding
   */
  public static HeadMap eigenvalues(HeadWeights weights) {
    SimpleMatrix first = weights.unembeddingTimesTokens(new Head(0, 0)); // [d_model, d_model]
    SimpleMatrix later =
        weights.config().layers() == 1 ? first : weights.unembeddingTimesTokens(new Head(1, 0));
    HeadMatrices matrices = weights.matrices();
    return map(
        weights,
        new HeadMap.Label(
            "copying score (eigenvalues)",
            "sum of the eigenvalues of the OV circuit over the vocabulary, over the sum of their absolute values; -1 to 1",
            ELHAGE,
            "the weights, " + weights.vectors()),
        head ->
            FactoredMatrix.score(
                Matrices.eigenvalues(
                    matrices
                        .output(head)
                        .mult(head.layer() == 0 ? first : later)
                        .mult(matrices.value(head)))));
  }

  /**
   * Returns how often each head copies some tokens: attending to the token, it raises it so much
   * that it is among the {@code best} of the vocabulary. Wang et al. take names, the best 5, and
   * tokens as the first MLP leaves them, {@link TokenVectors#THROUGH_FIRST_MLP}. A token is an
   * example, with 0 or 1.
   *
   * @throws IllegalArgumentException if a dense layer stands before the model's unembedding
   */
  public static HeadMap ofTokens(HeadWeights weights, int best, long... tokens) {
    return ofTokens(weights, best, 1, tokens);
  }

  /** Returns how often each head lowers tokens it attends to to the {@code best} lowest. */
  public static HeadMap negativeOfTokens(HeadWeights weights, int best, long... tokens) {
    return ofTokens(weights, best, -1, tokens);
  }

  private static HeadMap ofTokens(HeadWeights weights, int best, int sign, long... tokens) {
    RelationSet same =
        new RelationSet(
            "the same token",
            Arrays.stream(tokens)
                .mapToObj(
                    t ->
                        new RelationSet.Pair(
                            VocabularyMap.token(weights.model(), t), t, "token " + t))
                .toList(),
            List.of());
    String kind = sign > 0 ? "copying" : "negative copying";
    HeadMap map = RelationScores.hits(weights, same, best, sign);
    return HeadMap.of(
        map.origin(),
        new HeadMap.Label(
            kind + " of tokens",
            "share of the tokens that are among the %d %s of the vocabulary when the head attends to them; 0 to 1"
                .formatted(best, sign > 0 ? "highest" : "lowest"),
            WANG,
            "%d tokens, %s".formatted(tokens.length, weights.vectors())),
        IntStream.range(0, map.layers())
            .mapToObj(
                layer ->
                    IntStream.range(0, map.headsPerLayer())
                        .mapToObj(head -> map.perExample(new Head(layer, head)))
                        .toArray(double[][]::new))
            .toArray(double[][][]::new));
  }

  /** A number of each head. */
  @FunctionalInterface
  interface OfHead {
    double of(Head head);
  }

  static HeadMap map(HeadWeights weights, HeadMap.Label label, OfHead number) {
    double[][] scores = new double[weights.config().layers()][weights.config().heads()];
    for (Head head : weights.config().allHeads()) {
      scores[head.layer()][head.index()] = number.of(head);
    }
    return HeadMap.of(weights.origin(), label, scores);
  }
}
