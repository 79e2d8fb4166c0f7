package io.loupe.workbench.torchfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that torch itself wrote. */
class RealTorchFilesTest {
  private static final Path FOLDER = Path.of("src/test/resources/torchfile/torch");

  @ParameterizedTest
  @ValueSource(strings = {"state.bin", "nested.pt"})
  void stateDicts(String name) throws IOException {
    TorchFile file = TorchFile.open(FOLDER.resolve(name));
    assertThat(file.names())
        .containsExactlyInAnyOrder(
            "0.weight",
            "0.bias",
            "1.weight",
            "1.bias",
            "tied",
            "transposed",
            "slice",
            "half",
            "bf16",
            "ids",
            "flag",
            "param",
            "scalar",
            "empty");
    assertThat(file.info("0.weight").shape()).isEqualTo(List.of(4L, 3L));
    assertThat(file.floats("tied")).hasSize(12).containsExactly(file.floats("0.weight"));
    assertThat(file.floats("1.weight")).containsExactly(1, 1, 1, 1);
    assertThat(file.info("transposed").shape()).isEqualTo(List.of(4L, 3L));
    assertThat(file.floats("transposed")).containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
    assertThat(file.floats("slice")).containsExactly(5, 6, 9, 10);
    float[] counting = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    assertThat(file.floats("half")).containsExactly(counting);
    assertThat(file.floats("bf16")).containsExactly(counting);
    assertThat(file.longs("ids")).containsExactly(0, 1, 2, 3, 4);
    assertThat(file.longs("flag")).containsExactly(1, 0);
    assertThat(file.floats("param")).containsExactly(1, 1);
    assertThat(file.info("scalar").shape()).isEmpty();
    assertThat(file.floats("scalar")).containsExactly(2.5f);
    assertThat(file.info("empty").shape()).isEqualTo(List.of(0L, 3L));
  }

  @Test
  void whatIsNoStateDictIsRefused() {
    assertThatIOException()
        .isThrownBy(() -> TorchFile.open(FOLDER.resolve("legacy.bin")))
        .isInstanceOf(TorchFileException.class)
        .withMessageContaining("legacy.bin")
        .withMessageContaining("torch.save");
    assertThatIOException()
        .isThrownBy(() -> TorchFile.open(FOLDER.resolve("whole_module.pt")))
        .isInstanceOf(TorchFileException.class)
        .withMessageContaining("torch.nn.modules.container.Sequential");
  }
}
