package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The singular vectors of a head's OV circuit, read as tokens (Millidge and Black 2022, The
 * Singular Value Decompositions of Transformer Weight Matrices are Highly Interpretable): which
 * tokens' vectors lie along what is read, and which tokens what is written raises. A singular
 * vector and its negative are the same; both ends are shown, and high input goes with high output.
 *
 * @param head whose circuit
 * @param gauge of the weights, for titles
 * @param effectiveRank of the circuit
 * @param directions the largest singular value first
 */
public record SingularReading(
    Head head, String gauge, double effectiveRank, List<Direction> directions)
    implements Displayable {
  public SingularReading {
    directions = List.copyOf(directions);
  }

  /**
   * One singular value.
   *
   * @param value its size
   * @param share of the sum of squares of all
   * @param readHigh tokens along the input vector, and those against it
   * @param writtenHigh tokens that the output vector raises, and those that it lowers
   */
  public record Direction(
      double value,
      double share,
      List<VocabularyMap.Weighed> readHigh,
      List<VocabularyMap.Weighed> readLow,
      List<VocabularyMap.Weighed> writtenHigh,
      List<VocabularyMap.Weighed> writtenLow) {
    public Direction {
      readHigh = List.copyOf(readHigh);
      readLow = List.copyOf(readLow);
      writtenHigh = List.copyOf(writtenHigh);
      writtenLow = List.copyOf(writtenLow);
    }
  }

  /**
   * Reads a head.
   *
   * @param directions how many singular vectors, at most d_head
   * @param tokens how many tokens at each end
   * @throws IllegalArgumentException if a dense layer stands before the model's unembedding, or
   *     more directions are asked for than there are
   */
  public static SingularReading of(HeadWeights weights, Head head, int directions, int tokens) {
    weights.requirePlainHead();
    FactoredMatrix ov = weights.ov(head);
    FactoredMatrix.Decomposition svd = ov.svd();
    if (directions < 1 || directions > svd.values().length) {
      throw new IllegalArgumentException(
          "%s has %d singular vectors; asked for %d"
              .formatted(ov.name(), svd.values().length, directions));
    }
    double all = 0;
    for (double value : svd.values()) {
      all += value * value;
    }
    HookedTransformer model = weights.model();
    List<Direction> read = new ArrayList<>();
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray unembedding = weights.unembedding(scope);
      for (int i = 0; i < directions; i++) {
        double[] in = products(weights.tokens(head), svd.left()[i], scope);
        double[] out = products(unembedding, svd.right()[i], scope);
        double value = svd.values()[i];
        read.add(
            new Direction(
                value,
                value * value / all,
                ends(model, in, tokens, 1),
                ends(model, in, tokens, -1),
                ends(model, out, tokens, 1),
                ends(model, out, tokens, -1)));
      }
    }
    return new SingularReading(head, weights.gauge().label(), ov.effectiveRank(), read);
  }

  private static double[] products(NDArray rows, double[] vector, NDManager scope) {
    NDArray column =
        Tensors.as(rows.getDataType(), scope.create(vector, new Shape(vector.length, 1)));
    try (NDArray products = rows.matMul(column)) {
      return Tensors.doubles(products);
    }
  }

  private static List<VocabularyMap.Weighed> ends(
      HookedTransformer model, double[] values, int count, int sign) {
    return FactoredMatrix.largest(0, values, Math.min(count, values.length), sign).stream()
        .map(
            entry ->
                new VocabularyMap.Weighed(
                    entry.column(), VocabularyMap.text(model, entry.column()), entry.value()))
        .toList();
  }

  /** Returns a row for each end of each direction. */
  public Table table() {
    Table table = Table.of("singular value", "share", "reads", "writes");
    for (Direction d : directions) {
      table = table.row(d.value(), d.share(), words(d.readHigh()), words(d.writtenHigh()));
      table = table.row(null, null, "- " + words(d.readLow()), "- " + words(d.writtenLow()));
    }
    return table;
  }

  private static String words(List<VocabularyMap.Weighed> tokens) {
    return tokens.stream()
        .map(token -> token.text().replace("\n", "\\n"))
        .collect(Collectors.joining(" |"));
  }

  private String caption() {
    return String.format(
        Locale.ROOT, "OV circuit of %s (%s), effective rank %.1f", head, gauge, effectiveRank);
  }

  @Override
  public MimeBundle display() {
    return table().display(caption());
  }

  @Override
  public String toString() {
    return caption() + ":\n" + table();
  }
}
