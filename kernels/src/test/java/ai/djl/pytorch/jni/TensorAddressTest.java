package ai.djl.pytorch.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import com.sun.jna.Pointer;
import io.loupe.workbench.tensor.Engines;
import org.junit.jupiter.api.Test;

/** On the CPU, where what lies at the address can be read. */
class TensorAddressTest {
  @Test
  void theNumbersLieAtTheAddress() {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      NDArray all = manager.arange(24f).reshape(2, 3, 4);
      PtNDArray second = (PtNDArray) all.get(1);
      Pointer memory = new Pointer(TensorAddress.of(second));
      assertThat(memory.getFloatArray(0, 12)).isEqualTo(second.toFloatArray());
      memory.setFloat(4, -3f);
      assertThat(all.getFloat(1, 0, 1)).isEqualTo(-3f);
    }
  }

  @Test
  void aViewThatIsNotContiguousIsCopied() {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      PtNDArray turned = (PtNDArray) manager.arange(6f).reshape(2, 3).transpose();
      assertThat(TensorAddress.isContiguous(turned)).isFalse();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TensorAddress.of(turned))
          .withMessageContaining("contiguous tensor");
      PtNDArray copy = TensorAddress.contiguous(turned);
      assertThat(new Pointer(TensorAddress.of(copy)).getFloatArray(0, 6))
          .containsExactly(0, 3, 1, 4, 2, 5);
    }
  }
}
