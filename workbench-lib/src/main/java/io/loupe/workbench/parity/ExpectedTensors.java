package io.loupe.workbench.parity;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.family.ModelFormatException;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.tensor.Tensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** The numbers to compare with. */
record ExpectedTensors(SafetensorsFile file) {
  List<String> names() {
    return file.names();
  }

  List<Long> shape(String name) throws IOException {
    return file.info(name).shape();
  }

  boolean hasShapeOf(String name, NDArray actual) throws IOException {
    return shape(name).equals(Arrays.stream(actual.getShape().getShape()).boxed().toList());
  }

  /** Returns a matrix of token ids. */
  long[][] ids(String name) throws IOException {
    List<Long> shape = shape(name);
    if (shape.size() != 2) {
      throw new ModelFormatException(
          file.path(), "tensor '" + name + "' needs a shape [batch, pos]; it has " + shape);
    }
    long[] flat = file.longs(name);
    int columns = shape.get(1).intValue();
    long[][] rows = new long[shape.get(0).intValue()][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(flat, row * columns, (row + 1) * columns);
    }
    return rows;
  }

  /** Returns the largest absolute difference; infinite where one of the two is not a number. */
  double error(String name, NDArray actual) throws IOException {
    boolean[] all = new boolean[1];
    all[0] = true;
    return error(name, actual, all);
  }

  /**
   * Returns the largest absolute difference at those of the equal parts of the tensor that are
   * compared.
   */
  double error(String name, NDArray actual, boolean[] compared) throws IOException {
    double[] got = Tensors.doubles(actual);
    float[] wanted = file.floats(name);
    int part = wanted.length / compared.length;
    double worst = 0;
    for (int i = 0; i < wanted.length; i++) {
      if (compared[i / part]) {
        double difference = Math.abs(got[i] - wanted[i]);
        worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
      }
    }
    return worst;
  }
}
