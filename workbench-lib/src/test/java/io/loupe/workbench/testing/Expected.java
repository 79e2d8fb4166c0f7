package io.loupe.workbench.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;

/** Numbers that other implementations computed, beside the small models they computed them with. */
public final class Expected {
  private final SafetensorsFile file;

  private Expected(SafetensorsFile file) {
    this.file = file;
  }

  /** Returns a folder of the test resources. */
  public static Path folder(String name) {
    URL url = Expected.class.getResource("/" + name);
    if (url == null) {
      throw new IllegalArgumentException("no test resource /" + name);
    }
    try {
      return url.getProtocol().equals("jar") ? UnpackedResources.folder(url) : Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Opens the expected numbers of a folder. */
  public static Expected of(String name) throws IOException {
    return new Expected(SafetensorsFile.open(folder(name).resolve("expected.safetensors")));
  }

  public List<String> names() {
    return file.names();
  }

  public double[] values(String name) throws IOException {
    float[] narrow = file.floats(name);
    double[] values = new double[narrow.length];
    for (int i = 0; i < narrow.length; i++) {
      values[i] = narrow[i];
    }
    return values;
  }

  public long[][] ids(String name) throws IOException {
    List<Long> shape = file.info(name).shape();
    long[] flat = file.longs(name);
    int columns = shape.get(1).intValue();
    long[][] rows = new long[shape.get(0).intValue()][columns];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(flat, row * columns, rows[row], 0, columns);
    }
    return rows;
  }

  public Tokens tokens(String name) throws IOException {
    return Tokens.of(ids(name));
  }

  /** Asserts that a tensor has the shape and, up to a tolerance, the values of an expected one. */
  public void assertClose(NDArray actual, String name, double tolerance) throws IOException {
    assertThat(actual.getShape().getShape())
        .as("shape of %s", name)
        .containsExactly(file.info(name).shape().stream().mapToLong(Long::longValue).toArray());
    assertClose(Tensors.doubles(actual), values(name), name, tolerance);
  }

  public static void assertClose(
      double[] actual, double[] expected, String name, double tolerance) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    double worst = 0;
    int at = 0;
    for (int i = 0; i < actual.length; i++) {
      double difference = Math.abs(actual[i] - expected[i]);
      if (!(difference <= worst)) { // also true for NaN
        worst = difference;
        at = i;
      }
    }
    assertThat(worst)
        .as(
            "%s: largest difference, at entry %d (%s, expected %s)",
            name, at, actual[at], expected[at])
        .isLessThanOrEqualTo(tolerance);
  }
}
