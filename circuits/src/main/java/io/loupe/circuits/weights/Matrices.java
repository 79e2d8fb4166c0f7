package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.tensor.Tensors;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.Complex_F64;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.simple.SimpleMatrix;
import org.ejml.simple.SimpleSVD;

/** From tensors to matrices in float64, and the little algebra that factored matrices need. */
final class Matrices {
  private static final double ROUNDING = Math.ulp(1.0);

  private Matrices() {}

  /** Returns a copy of a tensor of two dimensions. */
  static SimpleMatrix of(NDArray tensor) {
    int rows = (int) tensor.getShape().get(0);
    int columns = (int) tensor.getShape().get(1);
    return SimpleMatrix.wrap(DMatrixRMaj.wrap(rows, columns, Tensors.doubles(tensor)));
  }

  /** A thin QR decomposition, m x n: q [m, min(m, n)], r [min(m, n), n]. */
  record Thin(SimpleMatrix q, SimpleMatrix r) {}

  static Thin qr(SimpleMatrix matrix) {
    QRDecomposition<DMatrixRMaj> qr =
        DecompositionFactory_DDRM.qr(matrix.getNumRows(), matrix.getNumCols());
    qr.decompose(matrix.copy().getDDRM());
    return new Thin(SimpleMatrix.wrap(qr.getQ(null, true)), SimpleMatrix.wrap(qr.getR(null, true)));
  }

  /**
   * Returns the eigenvalues of a square matrix that are not zero. Where some are, directions that
   * it maps to zero are taken out (those of singular values below rounding): U S V^T has the
   * eigenvalues of S V^T U, which is as small as the rank. The iteration that finds eigenvalues
   * does not always end on a matrix of low rank.
   */
  static List<Complex_F64> eigenvalues(SimpleMatrix matrix) {
    SimpleMatrix left = matrix;
    while (left.getNumRows() > 0) {
      List<Complex_F64> found = iterated(left);
      DoubleSummaryStatistics sizes =
          found.stream().mapToDouble(Complex_F64::getMagnitude).summaryStatistics();
      if (!found.isEmpty() && sizes.getMin() > 1e-6 * sizes.getMax()) {
        return found;
      }
      SimpleMatrix smaller = withoutNullSpace(left);
      if (smaller.getNumRows() == left.getNumRows()) {
        if (found.isEmpty()) {
          throw new IllegalStateException(
              "No eigenvalues were found of a matrix of rank " + left.getNumRows());
        }
        return found;
      }
      left = smaller;
    }
    return List.of();
  }

  /** Returns nothing if the iteration did not end. */
  private static List<Complex_F64> iterated(SimpleMatrix matrix) {
    EigenDecomposition_F64<DMatrixRMaj> eigen =
        DecompositionFactory_DDRM.eig(matrix.getNumRows(), false);
    return eigen.decompose(matrix.copy().getDDRM())
        ? IntStream.range(0, eigen.getNumberOfEigenvalues())
            .mapToObj(i -> eigen.getEigenvalue(i))
            .toList()
        : List.of();
  }

  private static SimpleMatrix withoutNullSpace(SimpleMatrix matrix) {
    SimpleSVD<SimpleMatrix> svd = matrix.svd(true);
    double[] values = svd.getSingularValues();
    double largest = Arrays.stream(values).max().orElseThrow();
    int[] kept =
        IntStream.range(0, values.length)
            .filter(i -> values[i] > largest * ROUNDING * values.length)
            .toArray();
    SimpleMatrix u = new SimpleMatrix(values.length, kept.length);
    SimpleMatrix v = new SimpleMatrix(values.length, kept.length);
    for (int i = 0; i < kept.length; i++) {
      u.setColumn(i, svd.getU().getColumn(kept[i]));
      v.setColumn(i, svd.getV().getColumn(kept[i]).scale(values[kept[i]]));
    }
    return v.transpose().mult(u);
  }

  /** Returns the sum of the products of entries, trace(a^T b). */
  static double dot(SimpleMatrix a, SimpleMatrix b) {
    double[] x = a.getDDRM().getData();
    double[] y = b.getDDRM().getData();
    double sum = 0;
    for (int i = 0; i < a.getNumElements(); i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  static double[][] rows(SimpleMatrix matrix) {
    double[][] rows = new double[matrix.getNumRows()][matrix.getNumCols()];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        rows[i][j] = matrix.get(i, j);
      }
    }
    return rows;
  }
}
