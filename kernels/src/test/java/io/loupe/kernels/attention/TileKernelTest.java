package io.loupe.kernels.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.kernels.attention.TileKernel.Pass;
import io.loupe.kernels.driver.DeviceFunction.Grid;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names, grids and shared memory; the numbers are worked out by hand from the sources. */
class TileKernelTest {
  @ParameterizedTest
  @CsvSource({
    "ATTEND, F32, 1, attend_f32_32, 64, 128, 25360",
    "ATTEND, F32, 64, attend_f32_64, 64, 128, 41744",
    "ATTEND, F32, 200, attend_f32_256, 32, 64, 67984",
    "ATTEND, BF16, 128, attend_bf16_128, 128, 256, 101408",
    "ATTEND, F16, 129, attend_f16_256, 64, 128, 99872",
    "HOPPER, BF16, 8, hopper_bf16_64, 128, 256, 88096",
    "PLAIN, F16, 128, plain_f16_128, 128, 256, 170016",
    "SUMS, BF16, 65, sums_bf16_128, 128, 256, 170016",
    "RECEIVE, F16, 128, receive_f16_128, 128, 256, 65536",
    "RANK, F32, 32, rank_f32_32, 64, 128, 22528",
  })
  void kernels(
      Pass pass, NumberFormat format, int dHead, String name, int rows, int threads, int shared) {
    TileKernel kernel = TileKernel.of(pass, format, dHead);
    assertThat(kernel.function()).isEqualTo(name);
    assertThat(kernel.sharedBytes()).isEqualTo(shared);
    assertThat(kernel.grid(1, 3, 2)).isEqualTo(new Grid(1, 3, 2, threads));
    assertThat(kernel.grid(rows, 3, 2).x()).isEqualTo(1);
    assertThat(kernel.grid(rows + 1, 3, 2).x()).isEqualTo(2);
  }

  @Test
  void whatHasNoKernelIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TileKernel.of(Pass.ATTEND, NumberFormat.F32, 257))
        .withMessageContaining("no kernel ATTEND for a head dimension of 257");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TileKernel.of(Pass.HOPPER, NumberFormat.F32, 64));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TileKernel.of(Pass.PLAIN, NumberFormat.F16, 129));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TileKernel.of(Pass.ATTEND, NumberFormat.F16, 64).grid(5, 70_000, 1))
        .withMessageContaining("65535");
  }

  @Test
  void theSourcesHaveTheseTiles() throws Exception {
    String tiles = Files.readString(Path.of("src/main/cuda/tiles.cuh"));
    assertThat(tiles)
        .contains("WARPS = TENSOR ? (D > 128 ? 4 : 8) : (D > 128 ? 2 : 4)")
        .contains("COLS = TENSOR ? (D > 128 ? 32 : 64) : (D > 128 ? 16 : 32)");
  }
}
