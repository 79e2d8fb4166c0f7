package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.testing.TinyModels;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.ejml.data.Complex_F64;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;

/** The factors' algebra against the matrix multiplied out and decomposed whole. */
class FactoredMatrixTest {
  private final double[][] left = random(23, 5, 1);
  private final double[][] right = random(5, 23, 2);
  private final FactoredMatrix matrix = factored(left, right);
  private final SimpleMatrix dense = new SimpleMatrix(left).mult(new SimpleMatrix(right));

  @Test
  void entriesAreThoseOfTheProduct() {
    double[][] all = matrix.dense();
    for (int row = 0; row < 23; row++) {
      for (int column = 0; column < 23; column++) {
        assertThat(all[row][column]).isCloseTo(dense.get(row, column), within(1e-12));
      }
    }
    assertThat(matrix.rows(4, 2)[0]).containsExactly(matrix.row(4));
    assertThat(matrix.norm()).isCloseTo(dense.normF(), within(1e-12));
    assertThat(matrix.trace()).isCloseTo(dense.trace(), within(1e-12));
  }

  @Test
  void extremesAndRanksAreThoseOfASort() {
    double[] row = matrix.row(7);
    List<Integer> sorted =
        IntStream.range(0, 23)
            .boxed()
            .sorted(Comparator.comparingDouble(column -> -row[column]))
            .toList();
    assertThat(matrix.topOfRow(7, 6))
        .extracting(FactoredMatrix.Entry::column)
        .containsExactlyElementsOf(sorted.subList(0, 6));
    assertThat(matrix.bottomOfRows(new int[] {3, 7}, 2).get(1))
        .extracting(FactoredMatrix.Entry::column)
        .containsExactly(sorted.get(22), sorted.get(21));
    assertThat(matrix.topOfRow(7, 23)).hasSize(23);
    assertThat(matrix.ranks(new int[] {7, 7}, new int[] {sorted.get(0), sorted.get(9)}))
        .containsExactly(0, 9);
  }

  @Test
  void decompositionsAreThoseOfTheWholeMatrix() {
    double[] whole = dense.svd().getSingularValues();
    FactoredMatrix.Decomposition svd = matrix.svd();
    assertThat(svd.values()).hasSize(5);
    SimpleMatrix rebuilt = new SimpleMatrix(23, 23);
    for (int i = 0; i < 5; i++) {
      assertThat(svd.values()[i]).isCloseTo(whole[i], within(1e-10));
      SimpleMatrix u = new SimpleMatrix(23, 1, true, svd.left()[i]);
      SimpleMatrix v = new SimpleMatrix(23, 1, true, svd.right()[i]);
      assertThat(u.normF()).isCloseTo(1, within(1e-12));
      rebuilt = rebuilt.plus(u.mult(v.transpose()).scale(svd.values()[i]));
      double[] right = svd.right()[i];
      double largest =
          Arrays.stream(right).boxed().max(Comparator.comparingDouble(Math::abs)).orElseThrow();
      assertThat(largest).isPositive();
    }
    assertThat(rebuilt.minus(dense).normF()).isLessThan(1e-10);
    double[] shares =
        Arrays.stream(whole, 0, 5).map(s -> s / Arrays.stream(whole, 0, 5).sum()).toArray();
    double entropy = -Arrays.stream(shares).map(p -> p * Math.log(p)).sum();
    assertThat(matrix.effectiveRank()).isCloseTo(Math.exp(entropy), within(1e-10));
    assertThat(matrix.rank(1e-12)).isEqualTo(5);
    double middle = (whole[1] + whole[2]) / 2 / whole[0];
    assertThat(matrix.rank(middle)).isEqualTo(2);
  }

  /** The sum of the k-th powers of a matrix's eigenvalues is the trace of its k-th power. */
  @Test
  void eigenvaluesAreThoseOfTheWholeMatrix() {
    List<Complex_F64> own = matrix.eigenvalues();
    assertThat(own).hasSize(5);
    SimpleMatrix power = SimpleMatrix.identity(23);
    for (int k = 1; k <= 5; k++) {
      power = power.mult(dense);
      double sum = 0;
      for (Complex_F64 value : own) {
        double angle = Math.atan2(value.imaginary, value.real);
        sum += Math.pow(value.getMagnitude(), k) * Math.cos(k * angle);
      }
      assertThat(sum).isCloseTo(power.trace(), within(1e-9 * power.normF()));
    }
    double real = own.stream().mapToDouble(value -> value.real).sum();
    double sizes = own.stream().mapToDouble(Complex_F64::getMagnitude).sum();
    assertThat(matrix.eigenvalueScore()).isCloseTo(real / sizes, within(1e-12));
    assertThat(own.get(0).getMagnitude()).isGreaterThanOrEqualTo(own.get(4).getMagnitude());
  }

  /** A square circuit whose factors do not use their width, and one that is nilpotent. */
  @Test
  void eigenvaluesOfLowRank() {
    double[][] thin = new double[8][8];
    double[][] other = new double[8][8];
    for (int i = 0; i < 3; i++) {
      thin[i][i] = i + 1;
      other[i][i] = -1;
    }
    List<Complex_F64> values = factored(thin, other).eigenvalues();
    assertThat(values).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(values.get(i).real).isCloseTo(i - 3, within(1e-12));
    }
    double[][] shift = new double[4][4];
    for (int i = 0; i < 3; i++) {
      shift[i][i + 1] = 1;
    }
    assertThat(factored(shift, Matrices.rows(SimpleMatrix.identity(4))).eigenvalues()).isEmpty();
  }

  @Test
  void factorsWiderThanTheMatrixAndZeroAreDecomposedToo() {
    FactoredMatrix wide = factored(random(3, 6, 3), random(6, 4, 4));
    assertThat(wide.singularValues()).hasSize(3);
    assertThat(wide.svd().right()[2]).hasSize(4);
    FactoredMatrix zero = factored(new double[4][2], new double[2][4]);
    assertThat(zero.effectiveRank()).isZero();
    assertThat(zero.rank(0.1)).isZero();
    assertThat(zero.eigenvalueScore()).isZero();
  }

  @Test
  void whatIsNotThereIsRefused() {
    HeadWeightsTest.refused(() -> matrix.row(23), "rows 0 to 22");
    HeadWeightsTest.refused(() -> matrix.topOfRow(0, 24), "23 entries; asked for 24");
    HeadWeightsTest.refused(() -> matrix.topOfRow(0, 0), "asked for 0");
    HeadWeightsTest.refused(() -> matrix.ranks(new int[] {1}, new int[] {23}), "columns 0 to 22");
    HeadWeightsTest.refused(() -> matrix.ranks(new int[] {1}, new int[0]), "a row and a column");
    HeadWeightsTest.refused(() -> matrix.rank(1), "below 1");
    FactoredMatrix oblong = factored(random(3, 2, 3), random(2, 4, 4));
    HeadWeightsTest.refused(oblong::eigenvalues, "only square");
    HeadWeightsTest.refused(oblong::trace, "singularValues()");
    FactoredMatrix large = factored(new double[5000][1], new double[1][5000]);
    HeadWeightsTest.refused(large::dense, "topOfRows");
  }

  @Test
  void itShowsItself() {
    HeadWeights weights = HeadWeights.folded(TinyModels.gpt2(LoadOptions.DEFAULT));
    String shown = weights.ov(new Head(1, 2)).display().toString();
    assertThat(shown)
        .contains("OV circuit of L1H2", "folded weights", "effective rank", "left out");
  }

  static FactoredMatrix factored(double[][] left, double[][] right) {
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      return new FactoredMatrix(
          "matrix", Gauge.RAW, List.of(), tensor(left, scope), tensor(right, scope));
    }
  }

  private static NDArray tensor(double[][] rows, NDManager scope) {
    return scope.create(
        Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(),
        new Shape(rows.length, rows[0].length));
  }

  static double[][] random(int rows, int columns, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] matrix = new double[rows][columns];
    for (double[] row : matrix) {
      Arrays.setAll(row, i -> random.nextDouble(-1, 1));
    }
    return matrix;
  }
}
