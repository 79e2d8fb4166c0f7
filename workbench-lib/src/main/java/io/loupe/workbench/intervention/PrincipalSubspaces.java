package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.Tensors;
import org.ejml.simple.SimpleMatrix;
import org.ejml.simple.SimpleSVD;

/** Projects each head's rows on the subspace that keeps most of them. */
final class PrincipalSubspaces {
  private PrincipalSubspaces() {}

  /**
   * Returns each head's matrix [pos, d_head] at a lower rank: the truncated singular value
   * decomposition of the rows that are tokens.
   *
   * @param activation [batch, pos, head, d_head]
   */
  static NDArray projected(NDArray activation, Frame frame, int rank) {
    try (NDManager scope = activation.getManager().newSubManager()) {
      NDArray projections = projections(activation, frame, rank, scope);
      NDArray byHead = activation.transpose(0, 2, 1, 3); // [batch, head, pos, d_head]
      byHead.attach(scope);
      NDArray projected = byHead.matMul(projections).transpose(0, 2, 1, 3);
      projected.attach(activation.getManager());
      return projected;
    }
  }

  /** Returns [batch, head, d_head, d_head]. */
  private static NDArray projections(NDArray activation, Frame frame, int rank, NDManager scope) {
    Shape shape = activation.getShape();
    int rows = (int) shape.get(0);
    int heads = (int) shape.get(2);
    int width = (int) shape.get(3);
    NDArray values = activation.stopGradient();
    values.attach(scope);
    double[] flat = Tensors.doubles(values);
    double[] projections = new double[rows * heads * width * width];
    int columns = (int) shape.get(1);
    for (int row = 0; row < rows; row++) {
      for (int head = 0; head < heads; head++) {
        int from = (row * columns * heads + head) * width;
        SimpleMatrix own = tokens(flat, from, heads * width, columns, width, frame, row);
        double[] projection = projection(own, rank);
        System.arraycopy(
            projection, 0, projections, (row * heads + head) * width * width, projection.length);
      }
    }
    return scope
        .create(projections, new Shape(rows, heads, width, width))
        .toType(activation.getDataType(), false);
  }

  /** Returns one head's vectors of the row's tokens, [tokens, d_head]. */
  private static SimpleMatrix tokens(
      double[] flat, int from, int stride, int columns, int width, Frame frame, int row) {
    SimpleMatrix matrix = new SimpleMatrix(Math.max(columns, 1), width);
    for (int column = 0; column < columns; column++) {
      if (frame.tokens().isToken(row, frame.from() + column)) {
        for (int i = 0; i < width; i++) {
          matrix.set(column, i, flat[from + column * stride + i]);
        }
      }
    }
    return matrix; // padding is zero, which changes no singular vector
  }

  private static double[] projection(SimpleMatrix own, int rank) {
    SimpleSVD<SimpleMatrix> svd = own.svd(true);
    int kept = Math.min(rank, Math.min(own.getNumRows(), own.getNumCols()));
    SimpleMatrix directions = svd.getV().cols(0, kept);
    return directions.mult(directions.transpose()).getDDRM().getData();
  }
}
