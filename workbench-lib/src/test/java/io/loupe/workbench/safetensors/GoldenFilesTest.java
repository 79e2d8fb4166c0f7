package io.loupe.workbench.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.tensorfile.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that Hugging Face's own library wrote. */
class GoldenFilesTest {
  private static final Path GPT2 = Path.of("src/test/resources/golden/gpt2");
  @TempDir Path folder;

  @Test
  void readsNamesShapesAndMetadata() throws Exception {
    SafetensorsFile file = SafetensorsFile.open(GPT2.resolve("model.safetensors"));

    assertThat(file.names()).hasSize(40).contains("transformer.wte.weight");
    assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
    TensorInfo info = file.info("transformer.h.0.attn.c_attn.weight");
    assertThat(info.type()).isEqualTo(StoredType.F32);
    assertThat(info.shape()).isEqualTo(List.of(48L, 144L));
    assertThat(info.end() - info.begin()).isEqualTo(48 * 144 * 4);
    // the data begin at 8 + 3752, this tensor behind the bias of 144 floats
    assertThat(info.begin()).isEqualTo(8 + 3752 + 144 * 4);
  }

  @Test
  void readsTheValuesThatLieAtTheirOffsets() throws Exception {
    Path path = GPT2.resolve("expected.safetensors");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    SafetensorsFile file = SafetensorsFile.open(path);
    try (NDManager manager = NDManager.newBaseManager()) {
      for (String name : file.names()) {
        TensorInfo info = file.info(name);
        int at = (int) info.begin();
        if (info.type() == StoredType.I64) {
          long[] expected = new long[(int) info.size()];
          bytes
              .slice(at, 8 * expected.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .asLongBuffer()
              .get(expected);
          assertThat(file.longs(name)).isEqualTo(expected);
          assertThat(file.read(name, manager, DataType.INT64).toLongArray()).isEqualTo(expected);
        } else {
          float[] expected = new float[(int) info.size()];
          bytes
              .slice(at, 4 * expected.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer()
              .get(expected);
          NDArray array = file.read(name, manager, DataType.FLOAT32);
          assertThat(array.getShape())
              .isEqualTo(new Shape(info.shape().stream().mapToLong(Long::longValue).toArray()));
          assertThat(array.toFloatArray()).isEqualTo(expected);
          assertThat(file.floats(name)).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void greedyTokensAreWhatPythonPrints() throws Exception {
    SafetensorsFile file = SafetensorsFile.open(GPT2.resolve("expected.safetensors"));

    // python3: struct.unpack("<18q", data[begin:end])
    assertThat(file.longs("generate_greedy"))
        .containsExactly(72, 24, 85, 19, 117, 42, 118, 0, 97, 0, 58, 0, 126, 126, 29, 94, 0, 0);
  }

  @Test
  void changingAnArrayInPlaceChangesNothingElse() throws Exception {
    Path copy = folder.resolve("model.safetensors");
    Files.copy(GPT2.resolve("model.safetensors"), copy, StandardCopyOption.REPLACE_EXISTING);
    SafetensorsFile file = SafetensorsFile.open(copy);
    String name = "transformer.wte.weight";
    float[] before = file.floats(name);
    try (NDManager manager = NDManager.newBaseManager()) {
      file.read(name, manager, DataType.FLOAT32).muli(0);

      assertThat(file.read(name, manager, DataType.FLOAT32).toFloatArray()).isEqualTo(before);
      assertThat(file.floats(name)).isEqualTo(before);
    }
    assertThat(copy).hasSameBinaryContentAs(GPT2.resolve("model.safetensors"));
  }

  @Test
  void arraysOutliveTheFileObjectAndTheFile() throws Exception {
    Path copy = folder.resolve("model.safetensors");
    Files.copy(GPT2.resolve("model.safetensors"), copy, StandardCopyOption.REPLACE_EXISTING);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array =
          SafetensorsFile.open(copy).read("transformer.wte.weight", manager, DataType.FLOAT32);
      Files.delete(copy);
      for (int i = 0; i < 3; i++) {
        System.gc();
        Thread.sleep(20);
      }

      assertThat(array.toFloatArray())
          .isEqualTo(
              SafetensorsFile.open(GPT2.resolve("model.safetensors"))
                  .floats("transformer.wte.weight"));
    }
  }

  @Test
  void dataThatAreNotAlignedAreRead() throws Exception {
    // 61 bytes of header: the data begin at byte 69
    String header = "{'a':{'dtype':'F32','shape':[1,2],'data_offsets':[0,8]}}     ";
    Path path = RawFile.write(folder.resolve("x"), header, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
    SafetensorsFile file = SafetensorsFile.open(path);

    assertThat(file.info("a").begin() % 4).isNotZero();
    assertThat(file.floats("a")).containsExactly(1, -2);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = file.read("a", manager, DataType.FLOAT32);
      assertThat(array.toFloatArray()).containsExactly(1, -2);
      assertThat(array.getManager()).isEqualTo(manager);
    }
  }
}
