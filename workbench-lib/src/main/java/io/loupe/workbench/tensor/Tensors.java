package io.loupe.workbench.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * From tensors to Java arrays. Everything here copies; results do not depend on the tensor's life.
 */
public final class Tensors {
  private Tensors() {}

  /** Returns the values in row-major order, whatever floating or integer type they have. */
  public static double[] doubles(NDArray tensor) {
    try {
      return read(tensor);
    } finally {
      Reference.reachabilityFence(tensor); // its memory is read without it
    }
  }

  private static double[] read(NDArray tensor) {
    return switch (tensor.getDataType()) {
      case FLOAT64 -> tensor.toDoubleArray();
      case FLOAT32 -> {
        float[] values = tensor.toFloatArray();
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
          wide[i] = values[i];
        }
        yield wide;
      }
      case INT64 -> Arrays.stream(tensor.toLongArray()).asDoubleStream().toArray();
      default -> {
        try (NDArray wide = tensor.toType(DataType.FLOAT64, true)) {
          yield wide.toDoubleArray();
        }
      }
    };
  }

  /**
   * Returns a vector's values; throws {@code IllegalArgumentException} if the tensor has not
   * exactly one dimension.
   */
  public static double[] vector(NDArray tensor) {
    requireDimensions(tensor, 1);
    return doubles(tensor);
  }

  /**
   * Returns a matrix as rows; throws {@code IllegalArgumentException} if the tensor has not exactly
   * two dimensions.
   */
  public static double[][] matrix(NDArray tensor) {
    requireDimensions(tensor, 2);
    Shape shape = tensor.getShape();
    int rows = (int) shape.get(0);
    int columns = (int) shape.get(1);
    double[] flat = doubles(tensor);
    double[][] matrix = new double[rows][];
    for (int row = 0; row < rows; row++) {
      matrix[row] = Arrays.copyOfRange(flat, row * columns, (row + 1) * columns);
    }
    return matrix;
  }

  /** Returns a tensor of three dimensions as an array of matrices. */
  public static double[][][] matrices(NDArray tensor) {
    requireDimensions(tensor, 3);
    double[][][] matrices = new double[(int) tensor.getShape().get(0)][][];
    for (int i = 0; i < matrices.length; i++) {
      try (NDArray one = tensor.get(i)) {
        matrices[i] = matrix(one);
      }
    }
    return matrices;
  }

  /**
   * Returns the first tensor's values where the condition holds and the second's elsewhere; all
   * three broadcast.
   *
   * @param condition truth values
   * @return in the manager of {@code otherwise}
   */
  public static NDArray where(NDArray condition, NDArray then, NDArray otherwise) {
    NDArray result = JniUtils.where((PtNDArray) condition, (PtNDArray) then, (PtNDArray) otherwise);
    result.attach(otherwise.getManager());
    return result;
  }

  /**
   * Returns a float16 tensor in float32, to compute in what float16 would lose or overflow; any
   * other tensor itself.
   */
  public static NDArray wide(NDArray tensor) {
    return tensor.getDataType() == DataType.FLOAT16
        ? tensor.toType(DataType.FLOAT32, true)
        : tensor;
  }

  /** Returns the tensor in a type: itself if it has that type already. */
  public static NDArray as(DataType type, NDArray tensor) {
    return tensor.getDataType() == type ? tensor : tensor.toType(type, true);
  }

  private static void requireDimensions(NDArray tensor, int dimensions) {
    if (tensor.getShape().dimension() != dimensions) {
      throw new IllegalArgumentException(
          "Expected %d dimension(s), got the shape %s; take the part you mean with get(...) first"
              .formatted(dimensions, tensor.getShape()));
    }
  }

  /** Returns so many copies on each other along the first dimension; the array itself for one. */
  public static NDArray copies(NDArray array, int count) {
    if (count == 1) {
      return array;
    }
    long[] repeats = new long[array.getShape().dimension()];
    Arrays.fill(repeats, 1);
    repeats[0] = count;
    return array.tile(repeats);
  }

  /**
   * Returns a view of a float32 tensor's memory on the CPU, in row-major order, to be read while
   * the tensor is reachable and open; a copy if its values do not lie in that order.
   */
  public static FloatBuffer memory(NDArray tensor) {
    ByteBuffer bytes = ((PtNDArray) tensor).toByteBuffer(true);
    return bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
