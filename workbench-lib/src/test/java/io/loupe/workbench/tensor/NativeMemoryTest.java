package io.loupe.workbench.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeMemoryTest {
  private static final int SIZE = 400_000;
  private static volatile byte[] garbage = new byte[0];

  private static NDArray handedOut(double value) {
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      return NativeMemory.keep(scope.full(new Shape(SIZE), (float) value, DataType.FLOAT64));
    }
  }

  /**
   * DJL reads a tensor's memory after its last use of the tensor; a collection then made one read
   * in a hundred wrong.
   */
  @Test
  void memoryIsNotFreedWhileItIsRead() {
    Thread collecting =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                garbage = new byte[1 << 20];
              }
            });
    collecting.setDaemon(true);
    collecting.start();
    try {
      for (int round = 0; round < 1000; round++) {
        double expected = round;
        double[] read = handedOut(expected).toDoubleArray();
        handedOut(-1); // takes the memory that was freed, if it was
        assertThat(Arrays.stream(read).allMatch(each -> each == expected))
            .as("round %d", round)
            .isTrue();
      }
    } finally {
      collecting.interrupt();
    }
  }

  private static NDArray ofJava(double value, boolean closed) {
    double[] values = new double[SIZE / 10];
    Arrays.fill(values, value);
    if (!closed) {
      return NativeMemory.keep(
          NativeMemory.reachable(Device.cpu()).create(values, new Shape(values.length)));
    }
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      return NativeMemory.keep(scope.create(values, new Shape(values.length)));
    }
  }

  /** A tensor made of an array lies in a buffer that the engine does not own. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHandleKeepsTheBufferOfAnArray(boolean closed) {
    List<NDArray> kept = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      kept.add(ofJava(i, closed));
    }
    List<ByteBuffer> others = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      System.gc();
      for (int j = 0; j < 20; j++) { // they take what was freed, if it was
        ByteBuffer other = ByteBuffer.allocateDirect(8 * (SIZE / 10));
        while (other.hasRemaining()) {
          other.putDouble(-1);
        }
        others.add(other);
      }
    }
    for (int i = 0; i < kept.size(); i++) {
      double expected = i;
      assertThat(Tensors.doubles(kept.get(i))).as("tensor %d", i).containsOnly(expected);
    }
    assertThat(others).hasSize(100);
  }

  @Test
  void memoryThatNobodyHoldsIsFreed() throws IOException {
    for (int i = 0; i < 50; i++) {
      handedOut(i);
    }
    long before = resident();
    for (int i = 0; i < 500; i++) {
      handedOut(i); // 1.6 GB in all
    }
    assertThat(resident() - before).isLessThan(600L << 20);
  }

  /** Returns the bytes of memory that this process holds. */
  private static long resident() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
