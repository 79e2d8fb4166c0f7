package io.loupe.workbench.torchfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.tensorfile.TensorFileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files in the layout of torch.save, made by {@code make.py} without torch. */
class TorchFileTest {
  static final Path FOLDER = Path.of("src/test/resources/torchfile");

  /** The numbers that make.py puts into a tensor: start, start + 0.5, start + 1, ... */
  private static float[] numbers(int count, float start) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = start + i / 2f;
    }
    return numbers;
  }

  @ParameterizedTest
  @CsvSource({
    "Double, F64, FLOAT64",
    "Float, F32, FLOAT32",
    "Half, F16, FLOAT32",
    "BFloat16, BF16, FLOAT32",
    "Long, I64, INT64",
    "Int, I32, INT32",
    "Byte, U8, UINT8",
    "Bool, BOOL, BOOLEAN"
  })
  void readsEveryType(String name, StoredType stored, DataType type) throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("types.bin"));

    assertThat(file.info("a." + name).type()).isEqualTo(stored);
    assertThat(file.info("a." + name).shape()).containsExactly(2L, 3L);
    float[] expected = numbers(6, 0);
    for (int i = 0; i < expected.length; i++) {
      if (name.equals("Bool")) {
        expected[i] = expected[i] == 0 ? 0 : 1;
      } else if (!stored.isFloating()) {
        expected[i] = (int) expected[i];
      }
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = file.read("a." + name, manager, type);
      assertThat(array.getDataType()).isEqualTo(type);
      assertThat(array.getShape().getShape()).containsExactly(2, 3);
      assertThat(array.toType(DataType.FLOAT32, true).toFloatArray()).isEqualTo(expected);
    }
    if (stored.isFloating()) {
      assertThat(file.floats("a." + name)).isEqualTo(expected);
    } else {
      float[] floats = expected;
      long[] longs = new long[6];
      Arrays.setAll(longs, i -> (long) floats[i]);
      assertThat(file.longs("a." + name)).isEqualTo(longs);
    }
  }

  @Test
  void scalarsAndEmptyTensors() throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("types.bin"));

    assertThat(file.floats("scalar")).containsExactly(7);
    assertThat(file.info("scalar").shape()).isEmpty();
    assertThat(file.floats("empty")).isEmpty();
    assertThat(file.info("empty").shape()).containsExactly(0L, 3L);
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThat(file.read("empty", manager, DataType.FLOAT32).getShape().getShape())
          .containsExactly(0, 3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Short", "Char"})
  void typeThatTheEngineLacksIsRefusedOnlyWhenItIsAskedFor(String name) throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("types.bin"));

    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.longs("a." + name))
        .withMessageContaining("tensor 'a." + name + "': type " + file.info("a." + name).type());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 1 << 27})
  void viewsOnSharedStoragesAreReadEachForItself(int pieceSize) throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("views.bin"), pieceSize);

    float[] base = numbers(24, 0);
    assertRead(file, "base", base, 4, 6);
    assertRead(file, "tied", base, 4, 6);
    assertThat(file.info("tied").begin()).isEqualTo(file.info("base").begin());
    float[] transposed = new float[24];
    Arrays.setAll(new int[24], i -> (int) (transposed[i] = base[(i % 4) * 6 + i / 4]));
    assertRead(file, "transposed", transposed, 6, 4);
    assertRead(file, "row", numbers(6, 3), 6);
    assertRead(file, "column", new float[] {1, 4, 7, 10}, 4);
    assertRead(file, "every_second", new float[] {.5f, 1.5f, 2.5f, 6.5f, 7.5f, 8.5f}, 2, 3);
    float[] permuted = new float[24];
    for (int i = 0; i < 24; i++) {
      permuted[i] = base[i / 8 * 2 + i / 2 % 4 * 6 + i % 2];
    }
    assertRead(file, "permuted", permuted, 3, 4, 2);
    assertRead(file, "one_axis", numbers(6, 9), 1, 6);
    float[] small = {0, 1.5f, .5f, 2, 1, 2.5f};
    assertRead(file, "half_transposed", small, 3, 2);
    assertRead(file, "bfloat16_transposed", small, 3, 2);
    assertRead(file, "last", new float[] {11.5f}, 1);
    assertRead(file, "none", new float[0], 0);
  }

  private static void assertRead(TorchFile file, String name, float[] expected, long... shape)
      throws Exception {
    assertThat(file.floats(name)).as(name).isEqualTo(expected);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = file.read(name, manager, DataType.FLOAT32);
      assertThat(array.getShape().getShape()).as(name).isEqualTo(shape);
      assertThat(array.toFloatArray()).as(name).isEqualTo(expected);
      assertThat(file.read(name, manager, DataType.FLOAT64).toDoubleArray())
          .hasSize(array.toFloatArray().length);
    }
  }

  @Test
  void expandedViewsAreNotBlownUp() throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("views.bin"));

    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.floats("expanded"))
        .withMessageContaining(
            "tensor 'expanded', at byte %d: its shape [5, 6] repeats 6 stored elements",
            file.info("expanded").begin());
  }

  @Test
  void prefixesOfWrappersAreTakenOff() throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("parameters.bin"));

    assertThat(file.names()).containsExactly("w", "b");
    assertThat(file.floats("w")).isEqualTo(numbers(4, 0));
    assertThat(file.floats("b")).isEqualTo(numbers(2, 9));
    assertThat(file.metadata()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nested_state_dict.pt",
        "nested_model.pth",
        "nested_model_state_dict.ckpt",
        "protocol_3.bin",
        "protocol_4.bin",
        "protocol_5.bin",
        "zip64.bin",
        "comment.bin"
      })
  void findsTheStateDict(String name) throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve(name));

    assertThat(file.names()).containsExactly("w", "b");
    assertThat(file.floats("w")).isEqualTo(numbers(4, 3));
    assertThat(file.floats("b")).isEqualTo(numbers(2, 1));
    assertThat(file.contains("b")).isTrue();
    assertThat(file.contains("exp_avg")).isFalse();
  }

  @Test
  void aDictThatHoldsItselfIsRead() throws Exception {
    assertThat(TorchFile.open(FOLDER.resolve("itself.bin")).floats("w")).isEqualTo(numbers(2, 0));
  }

  @Test
  void dataBeginWhereTorchAlignsThem() throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("types.bin"));
    for (String name : List.of("a.Float", "a.Bool", "scalar")) {
      assertThat(file.info(name).begin() % 64).as(name).isZero();
    }
  }

  @Test
  void tensorThatIsNotThere() throws Exception {
    TorchFile file = TorchFile.open(FOLDER.resolve("types.bin"));

    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.floats("a.float"))
        .withMessageContaining("there is no such tensor; the nearest of 12 names: 'a.Float'");
  }

  @Test
  void nothingOfTheseFilesWasRun() throws Exception {
    try (var files = Files.walk(FOLDER.resolve("malicious"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThatExceptionOfType(TorchFileException.class)
            .isThrownBy(() -> TorchFile.open(file))
            .withMessageStartingWith(file + ", at byte ")
            .satisfies(e -> assertThat(e.offset()).isPresent());
      }
    }
    assertThat(Path.of("/tmp/loupe-was-here")).doesNotExist();
  }
}
