package io.loupe.workbench.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import io.loupe.datasets.ShippedModels;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.tensor.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class LoadBenchmarkTest {
  @Test
  void measuresEveryVariantAndLeavesNothingBehind() throws IOException {
    Set<Path> before = temporaryFolders();
    Dimensions small = new Dimensions(2, 32, 4, 4, 8, 64, 100, 16);
    List<String> said = new ArrayList<>();
    List<Measurement> measured =
        new LoadBenchmark(small, new Timings.Options(0, 1), false)
            .run(new BenchContext("cpu", said::add));
    assertThat(measured)
        .extracting(Measurement::name)
        .contains(
            "float32: load / read",
            "float32, 4 shards: load / read",
            "float16 file: load / read",
            "gpt_neox, float32: load / read");
    assertThat(measured).extracting(Measurement::value).allMatch(Double::isFinite);
    assertThat(said).isNotEmpty();
    assertThat(temporaryFolders()).isEqualTo(before);
  }

  @Test
  void aModelThatNobodyHoldsMakesRoomForTheNext() throws IOException {
    SyntheticCheckpoint checkpoint =
        SyntheticCheckpoint.gpt2(new Dimensions(1, 64, 4, 4, 16, 64, 150_000, 8));
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(4 * checkpoint.parameters())) {
      Path model = folder.path().resolve("model");
      checkpoint.write(model, DataType.FLOAT32, 1);
      long before = NativeMemory.bytesHandedOut();
      for (int i = 0; i < 12; i++) {
        HookedTransformer.load(model, LoadOptions.DEFAULT);
      }
      // the last two at most, and what may be handed out before a collection is worth it
      assertThat(NativeMemory.bytesHandedOut() - before)
          .isLessThan(2 * 4 * checkpoint.parameters() + (64L << 20));
    }
  }

  @Test
  void runsOnTheCpuOnly() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoadBenchmark().run(new BenchContext("gpu0", line -> {})))
        .withMessageContaining("gpu0");
  }

  @Test
  void aDiskThatIsTooSmallIsNotFilled() throws IOException {
    Set<Path> before = temporaryFolders();
    assertThatThrownBy(() -> TemporaryFolder.withRoomFor(Long.MAX_VALUE / 2))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("MB are needed", "MB are free");
    assertThat(temporaryFolders()).isEqualTo(before);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFreshJvmTellsItsPeak() throws IOException {
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(1 << 20)) {
      assertThat(PeakMemory.isKnown()).isTrue();
      Path shipped = ShippedModels.folder("stories260k").orElseThrow();
      assertThat(PeakMemory.ofLoading(shipped, folder.path())).isBetween(50L << 20, 4L << 30);
    }
  }

  @Test
  void aJvmThatFailsShowsItsOutput() throws IOException {
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(1)) {
      assertThatThrownBy(() -> PeakMemory.ofLoading(folder.path().resolve("none"), folder.path()))
          .isInstanceOf(IOException.class)
          .hasMessageContainingAll("none", "neither a folder nor the name of a shipped model");
    }
  }

  private static Set<Path> temporaryFolders() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().startsWith("loupe-bench-"))
          .collect(Collectors.toSet());
    }
  }
}
