package io.loupe.workbench.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.weights.WeightFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void theBytesAreThoseOfTheFormat() throws Exception {
    Path path = folder.resolve("x.safetensors");
    new SafetensorsWriter()
        .metadata("made by", "hand")
        .add("flag", new boolean[] {true, false}, 2)
        .add("n", new int[] {-2})
        .addAsFloat16("half", new float[] {1, -2}, 2, 1)
        .write(path);

    String header =
        "{\"__metadata__\":{\"made by\":\"hand\"},"
            + "\"n\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]},"
            + "\"half\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[4,8]},"
            + "\"flag\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[8,10]}}";
    int padding = (8 - header.length() % 8) % 8;
    Path expected =
        RawFile.write(
            folder.resolve("expected"),
            header.length() + padding,
            (header + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8),
            0xfe,
            0xff,
            0xff,
            0xff,
            0x00,
            0x3c,
            0x00,
            0xc0,
            1,
            0);
    assertThat(path).hasSameBinaryContentAs(expected);
  }

  @Test
  void arraysOfEveryTypeAndAViewComeBack() throws Exception {
    Path path = folder.resolve("x.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray base = manager.create(new float[] {0, 1.5f, 2, 3, 4, 5}, new Shape(2, 3));
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      for (DataType type :
          List.of(
              DataType.FLOAT32, DataType.FLOAT64, DataType.INT64, DataType.INT32, DataType.UINT8)) {
        arrays.put(type.name(), base.toType(type, true));
      }
      arrays.put("bool", base.gt(2));
      arrays.put("transposed", base.transpose());
      arrays.put("slice", base.get(":, 1:"));
      SafetensorsWriter.write(path, arrays, Map.of("k", "v"));

      WeightFiles files = WeightFiles.open(path);
      assertThat(files.metadata()).isEqualTo(Map.of("k", "v"));
      for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
        NDArray array = entry.getValue();
        assertThat(files.read(entry.getKey(), manager, array.getDataType()).contentEquals(array))
            .as(entry.getKey())
            .isTrue();
      }
    }
  }

  @Test
  void halfArraysAreKeptAndOthersRounded() throws Exception {
    Path path = folder.resolve("x.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray floats = manager.create(new float[] {1.5f, 1 / 3f, 1e-7f});
      new SafetensorsWriter()
          .add("kept", floats.toType(DataType.FLOAT16, false))
          .addAsFloat16("rounded", floats.toType(DataType.FLOAT64, false))
          .write(path);

      SafetensorsFile file = SafetensorsFile.open(path);
      assertThat(file.info("kept").type()).isEqualTo(StoredType.F16);
      // python3: struct.unpack("<e", struct.pack("<e", 1 / 3)), and 1e-7 is nearest to 2 * 2^-24
      assertThat(file.floats("kept")).containsExactly(1.5f, 0.333251953125f, 0x1p-23f);
      assertThat(file.floats("rounded")).containsExactly(file.floats("kept"));
    }
  }

  @Test
  void nothingIsLeftBesideTheFileAndAnOldOneIsReplaced() throws Exception {
    Path path = folder.resolve("x.safetensors");
    new SafetensorsWriter().add("old", new float[] {1}, 1).write(path);
    new SafetensorsWriter().add("new", new float[] {2}, 1).write(path);

    assertThat(SafetensorsFile.open(path).names()).containsExactly("new");
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all).containsExactly(path);
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws Exception {
    Path path = folder.resolve("x.safetensors");
    new SafetensorsWriter().add("old", new float[] {1}, 1).write(path);
    NDManager manager = NDManager.newBaseManager();
    SafetensorsWriter writer = new SafetensorsWriter().add("new", manager.zeros(new Shape(2)));
    manager.close();

    assertThatExceptionOfType(Exception.class).isThrownBy(() -> writer.write(path));

    assertThat(SafetensorsFile.open(path).floats("old")).containsExactly(1);
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all).containsExactly(path);
    }
  }

  @Test
  void callersMistakes() {
    SafetensorsWriter writer = new SafetensorsWriter().add("a", new float[6], 2, 3);

    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> writer.add("a", new float[1], 1))
        .withMessageContaining("'a' already");
    for (long[] shape : new long[][] {{2, 2}, {-1}, {1L << 62, 4}, {}}) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> writer.add("b", new float[5], shape))
          .withMessageContaining("cannot hold the 5 values given");
    }
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> writer.add("__metadata__", new float[1], 1))
        .withMessageContaining("metadata(key, value)");
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray bytes = manager.create(new byte[] {1});
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> writer.add("c", bytes))
          .withMessageContaining("has type int8");
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> writer.addAsFloat16("c", bytes))
          .withMessageContaining("no float16 form");
    }
  }
}
