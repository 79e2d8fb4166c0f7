package io.loupe.kernels.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.loupe.kernels.KernelException;
import io.loupe.kernels.attention.TileKernel.Pass;
import io.loupe.workbench.files.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shipped was made from the sources that stand here, and has every kernel asked for. */
class KernelImagesTest {
  private static final Path SOURCES = Path.of("src/main/cuda");

  @Test
  void theShippedFilesAreMadeFromTheSources() throws IOException {
    TreeMap<String, String> shipped = new TreeMap<>();
    String list =
        new String(
            KernelImages.class.getResourceAsStream("sources.sha256").readAllBytes(),
            StandardCharsets.UTF_8);
    list.lines().forEach(line -> shipped.put(line.substring(66), line.substring(0, 64)));
    TreeMap<String, String> sources = new TreeMap<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.toList()) {
        byte[] digest = Sha256.newDigest().digest(Files.readAllBytes(file));
        sources.put(file.getFileName().toString(), HexFormat.of().formatHex(digest));
      }
    }
    assertThat(shipped)
        .as("kernels/src/main/cuda changed: run kernels/build-kernels.sh ship")
        .isEqualTo(sources);
  }

  private static List<String> kernels(boolean hopper) {
    List<String> names = new ArrayList<>();
    for (NumberFormat format : NumberFormat.values()) {
      names.add("pick_" + format);
      names.add("line_" + format);
      names.add("finite_" + format);
      for (int d = 16; d <= TileKernel.MOST_D_HEAD; d *= 2) {
        for (Pass pass : List.of(Pass.ATTEND, Pass.RECEIVE, Pass.RANK)) {
          names.add(TileKernel.of(pass, format, d).function());
        }
        if (hopper && TileKernel.onHopper(format, d)) {
          names.add(TileKernel.of(Pass.HOPPER, format, d).function());
          names.add(TileKernel.of(Pass.PLAIN, format, d).function());
          names.add(TileKernel.of(Pass.SUMS, format, d).function());
        }
      }
    }
    names.add("average");
    return names;
  }

  @ParameterizedTest
  @ValueSource(ints = {80, 86, 89, 90, 100, 120})
  void everyKernelIsThere(int capability) {
    StringBuilder all = new StringBuilder();
    for (String name : KernelImages.names(capability)) {
      byte[] image = KernelImages.read(name);
      all.append(new String(image, StandardCharsets.ISO_8859_1));
      if (name.endsWith(".ptx")) {
        assertThat(image[image.length - 1]).isZero();
      }
    }
    for (String kernel : kernels(capability == 90)) {
      assertThat(all.indexOf(kernel)).as(kernel + " for " + capability).isNotNegative();
    }
  }

  @Test
  void anOldDeviceIsRefused() {
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(() -> KernelImages.names(75))
        .withMessageContaining("compute capability 8.0")
        .withMessageContaining("this device has 7.5")
        .withMessageContaining("on(\"cpu\")");
  }
}
