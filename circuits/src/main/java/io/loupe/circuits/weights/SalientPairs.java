package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import org.ejml.simple.SimpleMatrix;

/**
 * What a head does most of all (Elhelo and Geva 2024): the tokens to which its output is largest
 * against their own size, and which tokens it raises when it attends to them.
 */
public final class SalientPairs {
  private SalientPairs() {}

  /**
   * Returns the most salient tokens, the most salient first, with what the head makes of them.
   *
   * @param tokens how many
   * @param best how many tokens of the vocabulary at each end
   */
  public static VocabularyMap of(HeadWeights weights, Head head, int tokens, int best) {
    double[] saliency = saliency(weights, head);
    long[] chosen =
        FactoredMatrix.largest(0, saliency, Math.min(tokens, saliency.length), 1).stream()
            .mapToLong(FactoredMatrix.Entry::column)
            .toArray();
    return VocabularyMap.ov(weights, head, best, chosen);
  }

  /** Returns the length of what the head writes of each token over that of its vector, [vocab]. */
  public static double[] saliency(HeadWeights weights, Head head) {
    weights.check(head);
    SimpleMatrix output = weights.matrices().output(head);
    try (NDManager scope = Engines.newManager(weights.model().device())) {
      NDArray tokens = weights.tokens(head);
      NDArray read = tokens.matMul(weights.tensor(weights.matrices().value(head), scope));
      read.attach(scope);
      NDArray gram = weights.tensor(output.mult(output.transpose()), scope);
      double[] written = Tensors.doubles(read.matMul(gram).mul(read).sum(new int[] {1}));
      NDArray squares = tokens.square();
      squares.attach(scope);
      double[] own = Tensors.doubles(squares.sum(new int[] {1}));
      double[] saliency = new double[own.length];
      for (int i = 0; i < own.length; i++) {
        saliency[i] = own[i] == 0 ? 0 : Math.sqrt(Math.max(0, written[i]) / own[i]);
      }
      return saliency;
    }
  }
}
