package io.loupe.workbench.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.TensorInfo;
import io.loupe.workbench.tensorfile.TensorReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random files, written and read back. The seeds are fixed. Damaged ones are in package fuzz. */
class RandomFilesTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsRead() throws Exception {
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      RandomTensors tensors = new RandomTensors(random);
      Path path = folder.resolve(seed + ".safetensors");
      tensors.writer.write(path);
      // a small piece size, so that most tensors are put together from pieces
      SafetensorsFile file = SafetensorsFile.open(path, new TensorReader(1 + random.nextInt(40)));

      assertThat(file.names()).containsExactlyInAnyOrderElementsOf(tensors.values.keySet());
      assertThat(file.metadata()).isEqualTo(tensors.metadata);
      try (NDManager manager = NDManager.newBaseManager()) {
        for (Map.Entry<String, Object> entry : tensors.values.entrySet()) {
          String name = entry.getKey();
          TensorInfo info = file.info(name);
          assertThat(info.shape()).isEqualTo(tensors.shapes.get(name));
          assertThat(info.begin() % info.type().bytes()).as("alignment").isZero();
          assertSame(name, seed, entry.getValue(), file, manager);
        }
      }
      Files.delete(path);
    }
  }

  private static void assertSame(
      String name, int seed, Object values, SafetensorsFile file, NDManager manager)
      throws IOException {
    DataType type = file.info(name).type().dataType().orElseThrow();
    NDArray array = file.read(name, manager, type);
    assertThat(array.getDataType()).isEqualTo(type);
    assertThat(array.getShape().getShape())
        .isEqualTo(file.info(name).shape().stream().mapToLong(Long::longValue).toArray());
    String as = name + ", seed " + seed;
    if (values instanceof float[] floats) {
      assertThat(array.toFloatArray()).as(as).isEqualTo(floats);
      assertThat(file.floats(name)).as(as).isEqualTo(floats);
      double[] doubles = file.read(name, manager, DataType.FLOAT64).toDoubleArray();
      for (int i = 0; i < doubles.length; i++) {
        assertThat(doubles[i]).as(as).isEqualTo(floats[i]);
      }
    } else if (values instanceof double[] doubles) {
      assertThat(array.toDoubleArray()).as(as).isEqualTo(doubles);
      float[] floats = file.floats(name);
      for (int i = 0; i < floats.length; i++) {
        assertThat(floats[i]).as(as).isEqualTo((float) doubles[i]);
      }
    } else {
      long[] longs = (long[]) values;
      assertThat(file.longs(name)).as(as).isEqualTo(longs);
      assertThat(file.read(name, manager, DataType.INT64).toLongArray()).as(as).isEqualTo(longs);
    }
  }

  /** Up to eight tensors of every type, with up to three axes, some of them of no elements. */
  private static final class RandomTensors {
    final SafetensorsWriter writer = new SafetensorsWriter();
    final Map<String, Object> values = new LinkedHashMap<>();
    final Map<String, Object> shapes = new LinkedHashMap<>();
    final Map<String, String> metadata = new LinkedHashMap<>();
    private final Random random;

    RandomTensors(Random random) {
      this.random = random;
      for (int i = random.nextInt(3); i > 0; i--) {
        metadata.put("key \"" + i + "\"", "vålue\n" + random.nextInt());
      }
      metadata.forEach(writer::metadata);
      for (int i = random.nextInt(9); i > 0; i--) {
        add("layer." + i + ".wéight");
      }
    }

    private void add(String name) {
      long[] shape = random.longs(random.nextInt(4), 0, 7).toArray();
      int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      shapes.put(name, Arrays.stream(shape).boxed().toList());
      switch (random.nextInt(7)) {
        case 0 -> writer.add(name, keep(name, floats(size)), shape);
        case 1 -> writer.add(name, keep(name, random.doubles(size).toArray()), shape);
        case 2 -> writer.add(name, keep(name, random.longs(size).toArray()), shape);
        case 3 -> {
          int[] ints = random.ints(size).toArray();
          keep(name, Arrays.stream(ints).asLongStream().toArray());
          writer.add(name, ints, shape);
        }
        case 4 -> addBytes(name, size, shape);
        case 5 -> addTruthValues(name, size, shape);
        default -> {
          float[] floats = floats(size);
          float[] rounded = new float[size];
          for (int i = 0; i < size; i++) {
            rounded[i] = HalfFloats.toFloat(HalfFloats.fromFloat(floats[i]));
          }
          keep(name, rounded);
          writer.addAsFloat16(name, floats, shape);
        }
      }
    }

    private void addBytes(String name, int size, long[] shape) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      long[] longs = new long[size];
      Arrays.setAll(longs, i -> bytes[i] & 0xff);
      keep(name, longs);
      writer.add(name, bytes, shape);
    }

    private void addTruthValues(String name, int size, long[] shape) {
      boolean[] truth = new boolean[size];
      long[] longs = new long[size];
      for (int i = 0; i < size; i++) {
        truth[i] = random.nextBoolean();
        longs[i] = truth[i] ? 1 : 0;
      }
      keep(name, longs);
      writer.add(name, truth, shape);
    }

    private float[] floats(int size) {
      float[] floats = new float[size];
      for (int i = 0; i < size; i++) {
        floats[i] = (float) random.nextGaussian();
      }
      return floats;
    }

    private <T> T keep(String name, T array) {
      values.put(name, array);
      return array;
    }
  }
}
