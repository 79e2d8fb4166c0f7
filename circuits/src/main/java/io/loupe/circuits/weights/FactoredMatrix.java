package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.Complex_F64;
import org.ejml.simple.SimpleMatrix;
import org.ejml.simple.SimpleSVD;

/**
 * A matrix of low rank, held as the product of two narrow ones, left [m, r] and right [r, n], and
 * never multiplied out: an OV circuit over a vocabulary of 50,000 has 2.5 billion entries and two
 * factors of 50,000 x 64 (Elhage et al. 2021). Rows are computed when they are asked for, in
 * blocks; trace, eigenvalues and singular values come from matrices of r x r. Decompositions are
 * done in float64 whatever the factors' format. Immutable.
 */
public final class FactoredMatrix implements Displayable {
  /** Entries of a block of rows: some 32 MiB in float64. */
  private static final long BLOCK = 1L << 22;

  private static final long MOST_ENTRIES = 1L << 24;

  private final String name;
  private final Gauge gauge;
  private final List<String> notes;
  private final NDArray left; // [m, r]
  private final NDArray right; // [r, n]

  FactoredMatrix(String name, Gauge gauge, List<String> notes, NDArray left, NDArray right) {
    this.name = name;
    this.gauge = gauge;
    this.notes = List.copyOf(notes);
    this.left = NativeMemory.keep(left);
    this.right = NativeMemory.keep(right);
  }

  /** An entry of the matrix. */
  public record Entry(int row, int column, double value) {}

  /**
   * A singular value decomposition, largest value first.
   *
   * @param values all that can differ from zero, min(m, r, n) of them
   * @param left [value][row of the matrix], each of length 1
   * @param right [value][column of the matrix], each of length 1
   */
  public record Decomposition(double[] values, double[][] left, double[][] right) {}

  public String name() {
    return name;
  }

  /** Returns the gauge of the weights that it was read from. */
  public Gauge gauge() {
    return gauge;
  }

  /** Returns what of the model is not in the matrix, in words. */
  public List<String> notes() {
    return notes;
  }

  public int rows() {
    return (int) left.getShape().get(0);
  }

  public int columns() {
    return (int) right.getShape().get(1);
  }

  /** Returns the width of the factors: no rank is larger. */
  public int width() {
    return (int) left.getShape().get(1);
  }

  /** Returns the left factor itself, [m, r]; do not change it. */
  public NDArray left() {
    return left;
  }

  /** Returns the right factor itself, [r, n]; do not change it. */
  public NDArray right() {
    return right;
  }

  /**
   * Returns the whole matrix, [row][column].
   *
   * @throws IllegalArgumentException if it has more than 16 million entries: read rows
   */
  public double[][] dense() {
    if ((long) rows() * columns() > MOST_ENTRIES) {
      throw new IllegalArgumentException(
          "%s has %d x %d entries, too many to hold; read rows(...), topOfRows(...) or svd()"
              .formatted(name, rows(), columns()));
    }
    return rows(IntStream.range(0, rows()).toArray());
  }

  /** Returns one row, [column]. */
  public double[] row(int row) {
    return rows(row)[0];
  }

  /** Returns some rows, [asked row][column]. */
  public double[][] rows(int... asked) {
    double[][] rows = new double[asked.length][];
    for (int from = 0; from < asked.length; ) {
      int to = Math.min(asked.length, from + blockRows());
      System.arraycopy(block(Arrays.copyOfRange(asked, from, to)), 0, rows, from, to - from);
      from = to;
    }
    return rows;
  }

  private int blockRows() {
    return (int) Math.max(1, BLOCK / columns());
  }

  private double[][] block(int[] asked) {
    for (int row : asked) {
      if (row < 0 || row >= rows()) {
        throw new IllegalArgumentException(
            "%s has rows 0 to %d; got %d".formatted(name, rows() - 1, row));
      }
    }
    try (NDManager scope = Engines.newManager(left.getDevice())) {
      NDArray index = scope.create(Arrays.stream(asked).asLongStream().toArray());
      NDArray some = left.get(index);
      some.attach(scope);
      NDArray product = some.matMul(right);
      product.attach(scope);
      return Tensors.matrix(product);
    }
  }

  /** Returns the largest entries of a row, the largest first; of equals the first columns. */
  public List<Entry> topOfRow(int row, int count) {
    return topOfRows(new int[] {row}, count).get(0);
  }

  /** Returns the largest entries of some rows, the largest first: a list for each row. */
  public List<List<Entry>> topOfRows(int[] asked, int count) {
    return extreme(asked, count, 1);
  }

  /** Returns the smallest entries of some rows, the smallest first: a list for each row. */
  public List<List<Entry>> bottomOfRows(int[] asked, int count) {
    return extreme(asked, count, -1);
  }

  private List<List<Entry>> extreme(int[] asked, int count, int sign) {
    if (count < 1 || count > columns()) {
      throw new IllegalArgumentException(
          "A row of %s has %d entries; asked for %d of them".formatted(name, columns(), count));
    }
    List<List<Entry>> all = new ArrayList<>();
    for (int from = 0; from < asked.length; from += blockRows()) {
      int[] some = Arrays.copyOfRange(asked, from, Math.min(asked.length, from + blockRows()));
      double[][] rows = block(some);
      for (int i = 0; i < some.length; i++) {
        all.add(largest(some[i], rows[i], count, sign));
      }
    }
    return Collections.unmodifiableList(all);
  }

  static List<Entry> largest(int row, double[] values, int count, int sign) {
    int[] best = new int[count];
    int found = 0;
    for (int column = 0; column < values.length; column++) {
      int rank = found;
      while (rank > 0 && sign * values[column] > sign * values[best[rank - 1]]) {
        rank--;
      }
      if (rank < count) {
        found = Math.min(count, found + 1);
        System.arraycopy(best, rank, best, rank + 1, found - rank - 1);
        best[rank] = column;
      }
    }
    return Arrays.stream(best).mapToObj(c -> new Entry(row, c, values[c])).toList();
  }

  /**
   * Returns how many entries of its row are larger than each of some entries: 0 for the largest of
   * a row.
   *
   * @param rows [entry]
   * @param columns [entry]
   */
  public int[] ranks(int[] rows, int[] columns) {
    if (rows.length != columns.length) {
      throw new IllegalArgumentException(
          "An entry has a row and a column; got %d rows and %d columns"
              .formatted(rows.length, columns.length));
    }
    for (int column : columns) {
      if (column < 0 || column >= columns()) {
        throw new IllegalArgumentException(
            "%s has columns 0 to %d; got %d".formatted(name, columns() - 1, column));
      }
    }
    int[] ranks = new int[rows.length];
    for (int from = 0; from < rows.length; from += blockRows()) {
      int to = Math.min(rows.length, from + blockRows());
      double[][] values = block(Arrays.copyOfRange(rows, from, to));
      for (int i = from; i < to; i++) {
        double own = values[i - from][columns[i]];
        ranks[i] = (int) Arrays.stream(values[i - from]).filter(value -> value > own).count();
      }
    }
    return ranks;
  }

  /** Returns the root of the sum of the squares of all entries. */
  public double norm() {
    SimpleMatrix l = Matrices.of(left);
    SimpleMatrix r = Matrices.of(right);
    return Math.sqrt(Math.max(0, Matrices.dot(l.transpose().mult(l), r.mult(r.transpose()))));
  }

  /** Returns the sum of the diagonal. */
  public double trace() {
    return core().trace();
  }

  /**
   * Returns the eigenvalues that are not zero, at most r, the largest absolute value first: those
   * of right times left, [r, r], which are the same.
   *
   * @throws IllegalArgumentException if the matrix is not square
   */
  public List<Complex_F64> eigenvalues() {
    return Matrices.eigenvalues(core()).stream()
        .sorted(Comparator.comparingDouble(value -> -value.getMagnitude()))
        .toList();
  }

  /**
   * Returns the sum of the eigenvalues over the sum of their absolute values, from -1 to 1: the
   * copying score of Elhage et al. (2021) for an OV circuit over the vocabulary. 1 says that every
   * eigenvector is written as itself: tokens raise their own logit.
   */
  public double eigenvalueScore() {
    return score(eigenvalues());
  }

  static double score(List<Complex_F64> eigenvalues) {
    double all = eigenvalues.stream().mapToDouble(Complex_F64::getMagnitude).sum();
    return all == 0 ? 0 : eigenvalues.stream().mapToDouble(value -> value.real).sum() / all;
  }

  /** Right times left, [r, r]. */
  private SimpleMatrix core() {
    if (rows() != columns()) {
      throw new IllegalArgumentException(
          "%s is %d x %d: only square matrices have a trace and eigenvalues; singularValues() fits any"
              .formatted(name, rows(), columns()));
    }
    return Matrices.of(right).mult(Matrices.of(left));
  }

  /** Returns the singular values that can differ from zero, the largest first. */
  public double[] singularValues() {
    return svd().values();
  }

  /**
   * Returns the singular value decomposition, from those of the factors (QR of each, then that of
   * an r x r matrix). Signs are such that the entry of largest size of each right vector is
   * positive.
   */
  public Decomposition svd() {
    Matrices.Thin l = Matrices.qr(Matrices.of(left));
    Matrices.Thin r = Matrices.qr(Matrices.of(right).transpose());
    SimpleSVD<SimpleMatrix> svd = l.r().mult(r.r().transpose()).svd(true);
    double[][] ofRows = Matrices.rows(l.q().mult(svd.getU()).transpose());
    double[][] ofColumns = Matrices.rows(r.q().mult(svd.getV()).transpose());
    double[] unsorted = svd.getSingularValues();
    int[] order =
        IntStream.range(0, unsorted.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -unsorted[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] values = Arrays.stream(order).mapToDouble(i -> unsorted[i]).toArray();
    double[][] u = Arrays.stream(order).mapToObj(i -> ofRows[i]).toArray(double[][]::new);
    double[][] v = Arrays.stream(order).mapToObj(i -> ofColumns[i]).toArray(double[][]::new);
    for (int i = 0; i < values.length; i++) {
      int largest = largest(0, Arrays.stream(v[i]).map(Math::abs).toArray(), 1, 1).get(0).column();
      double turn = v[i][largest] < 0 ? -1 : 1;
      u[i] = Arrays.stream(u[i]).map(x -> turn * x).toArray();
      v[i] = Arrays.stream(v[i]).map(x -> turn * x).toArray();
    }
    return new Decomposition(values, u, v);
  }

  /**
   * Returns the effective rank: the exponential of the entropy of the singular values' shares (Roy
   * and Vetterli 2007), from 1 to r; 0 if all entries are 0.
   */
  public double effectiveRank() {
    double[] values = singularValues();
    double sum = Arrays.stream(values).sum();
    if (sum == 0) {
      return 0;
    }
    double entropy = 0;
    for (double value : values) {
      entropy -= value > 0 ? value / sum * Math.log(value / sum) : 0;
    }
    return Math.exp(entropy);
  }

  /**
   * Returns how many singular values are above a share of the largest.
   *
   * @param share 0 or more, below 1; rounding leaves about 1e-16 in float64 and 1e-7 in float32
   */
  public int rank(double share) {
    if (!(share >= 0 && share < 1)) {
      throw new IllegalArgumentException(
          "A share of the largest singular value is 0 or more and below 1; got " + share);
    }
    double[] values = singularValues();
    return (int) Arrays.stream(values).filter(value -> value > share * values[0]).count();
  }

  /** Shows size, norm, ranks and largest singular values. */
  @Override
  public MimeBundle display() {
    double[] values = singularValues();
    Table table =
        Table.of(name, gauge.label())
            .row("rows x columns", rows() + " x " + columns())
            .row("width of the factors", width())
            .row("norm", norm())
            .row("effective rank", effectiveRank())
            .row(
                "largest singular values",
                Arrays.stream(values).limit(5).mapToObj("%.4g"::formatted).toList());
    if (rows() == columns()) {
      table = table.row("trace", trace()).row("eigenvalue score", eigenvalueScore());
    }
    for (String note : notes) {
      table = table.row("left out", note);
    }
    return table.display();
  }

  @Override
  public String toString() {
    return "%s, %d x %d of rank %d at most, %s"
        .formatted(name, rows(), columns(), width(), gauge.label());
  }
}
