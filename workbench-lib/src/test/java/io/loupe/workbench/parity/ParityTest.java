package io.loupe.workbench.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.loupe.workbench.family.Families;
import io.loupe.workbench.family.ModelFormatException;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.testing.Expected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number of the tiny checkpoints, computed by Hugging Face transformers. */
class ParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final Set<String> INPUTS = Set.of("input_ids", "corrupt_ids", "attention_mask");

  static Stream<Path> checkpoints() throws IOException {
    return Stream.concat(folders("golden"), folders("variants"));
  }

  private static Stream<Path> folders(String set) throws IOException {
    return Files.list(Expected.folder(set)).filter(Files::isDirectory).sorted();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void everyNumberOfEveryCheckpoint(Path folder) throws IOException {
    ParityReport report = Parity.of(folder, LoadOptions.DEFAULT);
    Set<String> wanted =
        new TreeSet<>(SafetensorsFile.open(folder.resolve("expected.safetensors")).names());
    wanted.removeAll(INPUTS);
    assertThat(report.skipped()).isEmpty();
    assertThat(report.comparisons())
        .extracting(ParityReport.Comparison::tensor)
        .containsExactlyInAnyOrderElementsOf(wanted);
    assertThat(report.comparisons())
        .allSatisfy(comparison -> assertThat(comparison.error()).isLessThanOrEqualTo(TOLERANCE));
    assertThat(report.passes(TOLERANCE)).isTrue();
  }

  @Test
  void everyFamilyHasAGoldenCheckpoint() throws IOException {
    assertThat(folders("golden").map(path -> path.getFileName().toString()))
        .containsExactlyInAnyOrderElementsOf(
            Families.names().stream()
                .filter(name -> !name.equals("loupe")) // ours; nobody else computes it
                .toList());
  }

  @Test
  void aWrongNumberIsFound(@TempDir Path folder) throws IOException {
    SafetensorsFile expected = copy(folder);
    float[] logits = expected.floats("logits");
    logits[1234] += 0.01f;
    rewrite(folder, expected, logits);
    ParityReport report = Parity.of(folder, LoadOptions.DEFAULT);
    assertThat(report.passes(TOLERANCE)).isFalse();
    assertThat(report.worst().get("logits").error()).isBetween(0.0099, 0.0101);
    assertThat(report.table().toString()).contains("logits").contains("1.00e-02");
  }

  @Test
  void notANumberIsAnError(@TempDir Path folder) throws IOException {
    SafetensorsFile expected = copy(folder);
    float[] logits = expected.floats("logits");
    logits[3] = Float.NaN;
    rewrite(folder, expected, logits);
    assertThat(Parity.of(folder, LoadOptions.DEFAULT).passes(1e9)).isFalse();
  }

  @Test
  void whatIsNotComparedIsSaid(@TempDir Path folder) throws IOException {
    SafetensorsFile expected = copy(folder);
    new SafetensorsWriter()
        .add("input_ids", expected.longs("input_ids"), 3, 12)
        .add("loss", new float[] {1}, 1)
        .add("logits", new float[] {1, 2}, 1, 2)
        .write(folder.resolve("expected.safetensors"));
    ParityReport report = Parity.of(folder, LoadOptions.DEFAULT);
    assertThat(report.skipped()).containsOnlyKeys("loss", "logits");
    assertThat(report.skipped().get("logits")).contains("[1, 2]").contains("(3, 12, 128)");
    assertThat(report.passes(TOLERANCE)).isFalse();
  }

  @Test
  void idsOfAnotherShapeAreRefused(@TempDir Path folder) throws IOException {
    copy(folder);
    new SafetensorsWriter()
        .add("input_ids", new long[] {1, 2}, 2)
        .write(folder.resolve("expected.safetensors"));
    assertThatIOException()
        .isThrownBy(() -> Parity.of(folder, LoadOptions.DEFAULT))
        .isInstanceOf(ModelFormatException.class)
        .withMessageContaining("input_ids")
        .withMessageContaining("[batch, pos]");
  }

  private static SafetensorsFile copy(Path folder) throws IOException {
    Path golden = Expected.folder("golden/gpt2");
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(golden.resolve(name), folder.resolve(name));
    }
    return SafetensorsFile.open(golden.resolve("expected.safetensors"));
  }

  private static void rewrite(Path folder, SafetensorsFile expected, float[] logits)
      throws IOException {
    new SafetensorsWriter()
        .add("input_ids", expected.longs("input_ids"), 3, 12)
        .add("logits", logits, 3, 12, 128)
        .write(folder.resolve("expected.safetensors"));
  }
}
