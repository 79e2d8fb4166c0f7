package io.loupe.circuits.weights;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.Head;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.ejml.simple.SimpleMatrix;

/**
 * Induction heads by their weights (Elhage et al. 2021). An induction head does two things. Through
 * K-composition with an earlier head that writes what stood one token before, it looks for keys
 * whose previous token is the query's own: the circuit query token - W_Q W_K^T - the earlier head's
 * OV circuit - token has positive eigenvalues (matching). And it writes what it attends to: its OV
 * circuit over the vocabulary has positive eigenvalues (copying).
 *
 * <p>The score of a pair is matching x K-composition x copying, each negative part taken as 0; a
 * head's is that of its best pair. Eigenvalues say the sign and not the size, which is why the
 * composition is in the product. Not in it: whether the earlier head looks one token back, which in
 * deep models its weights alone do not say ({@link PositionalKernels} does for early heads).
 */
public final class InductionCircuits implements Displayable {
  private final HeadMap copying;
  private final List<Pair> pairs;
  private final HeadMap heads;

  /**
   * An earlier head and one that composes with it.
   *
   * @param matching the eigenvalue score of the composed QK circuit, -1 to 1
   * @param composition the K-composition score, 0 to 1
   * @param copying the eigenvalue score of the later head's OV circuit, -1 to 1
   */
  public record Pair(
      Head earlier, Head later, double matching, double composition, double copying) {
    /** Returns the product of the three, 0 to 1; 0 if one is negative. */
    public double score() {
      return Math.max(0, matching) * composition * Math.max(0, copying);
    }

    @Override
    public String toString() {
      return "%s -> %s: %.3f".formatted(earlier, later, score());
    }
  }

  private InductionCircuits(HeadMap copying, List<Pair> pairs, HeadMap heads) {
    this.copying = copying;
    this.pairs = pairs;
    this.heads = heads;
  }

  /**
   * Scores all pairs of heads.
   *
   * @throws IllegalArgumentException if the model has one layer alone; turns queries and keys by
   *     their positions: ask for a distance; or a dense layer stands before its unembedding
   */
  public static InductionCircuits of(HeadWeights weights) {
    requireLayers(weights);
    Composition.requireNoRotary(weights, Composition.Kind.KEY, "InductionCircuits.of(weights, 1)");
    return of(weights, Composition.of(weights, Composition.Kind.KEY), 0);
  }

  /**
   * Scores all pairs of heads, where an induction head's key stands so many tokens before its
   * query.
   */
  public static InductionCircuits of(HeadWeights weights, int distance) {
    requireLayers(weights);
    return of(weights, Composition.of(weights, Composition.Kind.KEY, distance), distance);
  }

  private static void requireLayers(HeadWeights weights) {
    if (weights.config().layers() < 2) {
      throw new IllegalArgumentException(
          "Induction takes a head of an earlier layer; %s has one layer"
              .formatted(weights.model().name()));
    }
  }

  private static InductionCircuits of(HeadWeights weights, Composition composition, int distance) {
    HeadMap copying = Copying.eigenvalues(weights);
    Head second = new Head(1, 0); // reads tokens as every later layer does
    SimpleMatrix byFirst = weights.tokensTimesTokens(new Head(0, 0), second); // [d_model, d_model]
    SimpleMatrix byLater = weights.tokensTimesTokens(second, second);
    HeadMatrices matrices = weights.matrices();
    int layers = weights.config().layers();
    SimpleMatrix[][] values = new SimpleMatrix[layers][weights.config().heads()];
    SimpleMatrix[][] outputs = new SimpleMatrix[layers][weights.config().heads()];
    for (Head head : weights.config().allHeads()) {
      values[head.layer()][head.index()] = matrices.value(head).transpose(); // [d_head, d_model]
      outputs[head.layer()][head.index()] = matrices.output(head); // [d_head, d_model]
    }
    List<Pair> pairs = new ArrayList<>();
    double[][] best = new double[weights.config().layers()][weights.config().heads()];
    for (Head later : weights.config().allHeads()) {
      if (later.layer() == 0) {
        continue;
      }
      SimpleMatrix query = matrices.query(later, distance);
      SimpleMatrix ofFirst = byFirst.mult(query); // [d_model, d_head]
      SimpleMatrix ofLater = byLater.mult(query);
      SimpleMatrix key = matrices.key(later);
      for (Head earlier : weights.config().allHeads()) {
        if (earlier.layer() >= later.layer()) {
          continue;
        }
        SimpleMatrix asks = earlier.layer() == 0 ? ofFirst : ofLater;
        SimpleMatrix read = values[earlier.layer()][earlier.index()].mult(asks); // [d_head, d_head]
        SimpleMatrix written =
            outputs[earlier.layer()][earlier.index()].mult(key); // [d_head, d_head]
        double matching =
            FactoredMatrix.score(Matrices.eigenvalues(written.transpose().mult(read)));
        Pair pair =
            new Pair(
                earlier, later, matching, composition.score(earlier, later), copying.score(later));
        pairs.add(pair);
        best[later.layer()][later.index()] =
            Math.max(best[later.layer()][later.index()], pair.score());
      }
    }
    pairs.sort(Comparator.comparingDouble(pair -> -pair.score()));
    HeadMap heads =
        HeadMap.of(
            weights.origin(),
            new HeadMap.Label(
                "induction by weights",
                "matching x K-composition x copying with the best earlier head; 0 to 1",
                "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits",
                "the weights, " + weights.vectors()),
            best);
    return new InductionCircuits(copying, List.copyOf(pairs), heads);
  }

  /** Returns all pairs, the highest score first. */
  public List<Pair> pairs() {
    return pairs;
  }

  /** Returns each head's score as the later one; 0 in the first layer. */
  public HeadMap heads() {
    return heads;
  }

  /** Returns the copying scores. */
  public HeadMap copying() {
    return copying;
  }

  /** Returns the pairs with the highest scores as a table. */
  public Table table(int rows) {
    Table table = Table.of("earlier", "later", "matching", "K-composition", "copying", "product");
    for (Pair pair : pairs.subList(0, Math.min(rows, pairs.size()))) {
      table =
          table.row(
              pair.earlier(),
              pair.later(),
              pair.matching(),
              pair.composition(),
              pair.copying(),
              pair.score());
    }
    return table;
  }

  private String caption() {
    return "Induction by weights (%s)".formatted(heads.origin());
  }

  @Override
  public MimeBundle display() {
    return table(10).display(caption());
  }

  @Override
  public String toString() {
    return caption() + ":\n" + table(10);
  }
}
