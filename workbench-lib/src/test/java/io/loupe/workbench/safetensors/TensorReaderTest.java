package io.loupe.workbench.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.TensorReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors of several blocks, which several threads read. */
class TensorReaderTest {
  private static final int SIZE = 3 * (1 << 18) + 5;

  @TempDir private Path folder;
  private final NDManager manager = Engines.newManager(Device.cpu());
  private final float[] values = new float[SIZE];

  @BeforeEach
  void write() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < SIZE; i++) {
      values[i] = (float) random.nextGaussian();
    }
    new SafetensorsWriter()
        .add("single", values, 1, SIZE)
        .addAsFloat16("half", values, SIZE)
        .add("whole", new long[] {1, 2, 3}, 3)
        .write(folder.resolve("x.safetensors"));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** In one piece, and in pieces that end inside of a block and at its end. */
  @ParameterizedTest
  @ValueSource(ints = {1 << 27, (1 << 18) + 1, 1 << 19})
  void everyElementComesToItsPlace(int pieceSize) throws IOException {
    SafetensorsFile file = open(pieceSize);
    NDArray single = file.read("single", manager, DataType.FLOAT32);
    assertThat(single.getShape().getShape()).containsExactly(1, SIZE);
    assertThat(single.toFloatArray()).isEqualTo(values);
    float[] half = file.read("half", manager, DataType.FLOAT32).toFloatArray();
    for (int i = 0; i < SIZE; i++) {
      assertThat(half[i]).isEqualTo(HalfFloats.toFloat(HalfFloats.fromFloat(values[i])));
    }
    assertThat(file.floats("half")).isEqualTo(half);
  }

  @Test
  void float16StaysWhatItIsAndFloat32IsRounded() throws IOException {
    SafetensorsFile file = open(1 << 18);
    double[] wide = Tensors.doubles(file.read("half", manager, DataType.FLOAT32));
    for (String name : new String[] {"half", "single"}) {
      NDArray half = file.read(name, manager, DataType.FLOAT16);
      assertThat(half.getDataType()).isEqualTo(DataType.FLOAT16);
      assertThat(Tensors.doubles(half)).isEqualTo(wide);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> file.read("whole", manager, DataType.FLOAT16))
        .withMessageContainingAll("whole", "I64", "float16", "without loss");
  }

  @Test
  void anInterruptEndsTheReading() throws IOException {
    SafetensorsFile file = open(1 << 27);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> file.read("single", manager, DataType.FLOAT32))
          .isInstanceOf(CancellationException.class)
          .hasMessageContainingAll("interrupted", "x.safetensors");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
  }

  private SafetensorsFile open(int pieceSize) throws IOException {
    return SafetensorsFile.open(folder.resolve("x.safetensors"), new TensorReader(pieceSize));
  }
}
