package io.loupe.probes.trainer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.probes.data.Features;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import java.nio.FloatBuffer;

/**
 * Some rows of features, each feature with its mean taken off and divided by its standard deviation
 * over these rows, in the engine's memory: what solvers multiply with. A feature that does not vary
 * becomes zero.
 */
public final class Standardised implements AutoCloseable {
  private final NDManager manager;
  private final NDArray matrix;
  private final Scaling scaling;

  private Standardised(NDManager manager, NDArray matrix, Scaling scaling) {
    this.manager = manager;
    this.matrix = matrix;
    this.scaling = scaling;
  }

  /** Copies and standardises some rows. */
  static Standardised of(Features features, int[] rows) {
    Scaling scaling = Scaling.of(features, rows);
    NDManager manager = Engines.newManager(Device.cpu());
    return new Standardised(manager, matrix(manager, features, rows, scaling), scaling);
  }

  private static NDArray matrix(NDManager manager, Features features, int[] rows, Scaling scaling) {
    double[] mean = scaling.mean();
    double[] scale = scaling.scale();
    int columns = features.columns();
    float[] values = features.values();
    float[] row = new float[columns];
    // written in place: a Java buffer of this size would stay resident until it is collected
    NDArray matrix = manager.create(new Shape(rows.length, columns));
    FloatBuffer into = Tensors.memory(matrix);
    for (int index : rows) {
      int first = index * columns;
      for (int i = 0; i < columns; i++) {
        row[i] = (float) ((values[first + i] - mean[i]) * scale[i]);
      }
      into.put(row);
    }
    return matrix;
  }

  /** Returns the matrix, [row][feature]; belongs to this object's manager. */
  NDArray matrix() {
    return matrix;
  }

  NDManager manager() {
    return manager;
  }

  int rows() {
    return (int) matrix.getShape().get(0);
  }

  int columns() {
    return scaling.mean().length;
  }

  /** Returns what was taken off and divided by. */
  public Scaling scaling() {
    return scaling;
  }

  /** Returns a map of standardised features as one of features as they are. */
  LinearMap raw(double[][] weights, double[] bias) {
    return scaling.raw(weights, bias);
  }

  @Override
  public void close() {
    manager.close();
  }
}
