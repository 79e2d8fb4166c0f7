package io.loupe.workbench.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What autograd recorded is there on the way back. */
class RecordingTest {

  /**
   * Numbers and arrays made on the way, their scopes closed, and a collection before the way back.
   */
  @Test
  void numbersAndArraysMadeOnTheWayAreReadOnTheWayBack() {
    for (int round = 0; round < 20; round++) {
      try (NDManager scope = Engines.newRecordingManager(Device.cpu());
          GradientCollector collector = Engines.pytorch().newGradientCollector()) {
        NDArray leaf = scope.ones(new Shape(4));
        leaf.setRequiresGradient(true);
        NDArray x = leaf;
        for (int i = 0; i < 50; i++) {
          try (NDManager layer = scope.newSubManager();
              NDManager inner = layer.newSubManager()) { // as layers of a model are
            NDArray factor = inner.create(new float[] {2, 2, 2, 2});
            NDArray next = x.mul(0.5f).mul(factor);
            next.attach(scope);
            x = next;
          }
        }
        System.gc();
        List<ByteBuffer> others = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          ByteBuffer other = ByteBuffer.allocateDirect(i % 2 == 0 ? 4 : 16);
          while (other.hasRemaining()) {
            other.put((byte) 77);
          }
          others.add(other);
        }
        collector.backward(x.sum());
        assertThat(leaf.getGradient().toFloatArray())
            .as("round %d, beside %d buffers", round, others.size())
            .containsExactly(new float[] {1, 1, 1, 1}, within(1e-6f));
      }
    }
  }
}
