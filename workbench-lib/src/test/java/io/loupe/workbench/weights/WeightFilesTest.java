package io.loupe.workbench.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensorfile.TensorFileException;
import io.loupe.workbench.testing.TorchWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightFilesTest {
  private static final String A = "model-00001-of-00002.safetensors";
  private static final String B = "model-00002-of-00002.safetensors";
  @TempDir Path folder;

  @BeforeEach
  void writeShards() throws IOException {
    new SafetensorsWriter().add("a", new float[] {1}, 1).write(folder.resolve(A));
    new SafetensorsWriter()
        .add("b", new float[] {2}, 1)
        .add("c", new long[] {3}, 1)
        .write(folder.resolve(B));
  }

  private Path index(String weightMap) throws IOException {
    return Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        ("{'metadata': {'total_size': 16, 'by': 'test'}, 'weight_map': {" + weightMap + "}}")
            .replace('\'', '"'));
  }

  private String entry(String name, String file) {
    return "'" + name + "': '" + file + "'";
  }

  @Test
  void shardsAreOneViewInTheOrderOfTheIndex() throws Exception {
    Path index = index(entry("b", B) + "," + entry("a", A) + "," + entry("c", B));

    for (WeightFiles files : List.of(WeightFiles.open(folder), WeightFiles.open(index))) {
      assertThat(files.names()).containsExactly("b", "a", "c");
      assertThat(files.files()).containsExactly(folder.resolve(B), folder.resolve(A));
      assertThat(files.metadata()).isEqualTo(Map.of("total_size", "16", "by", "test"));
      assertThat(files.floats("a")).containsExactly(1);
      assertThat(files.floats("b")).containsExactly(2);
      assertThat(files.longs("c")).containsExactly(3);
      assertThat(files.contains("c")).isTrue();
      assertThat(files.contains("d")).isFalse();
    }
  }

  @Test
  void metadataOfAnyKindAreKept() throws Exception {
    Path index = index(entry("a", A));
    Files.writeString(index, Files.readString(index).replace("\"test\"", "{\"n\": [1, null]}"));

    assertThat(WeightFiles.open(folder).metadata())
        .isEqualTo(Map.of("total_size", "16", "by", "{\"n\":[1,null]}"));
  }

  @Test
  void aTensorThatTheIndexForgotIsThere() throws Exception {
    index(entry("a", A) + "," + entry("b", B));

    assertThat(WeightFiles.open(folder).names()).containsExactly("a", "b", "c");
  }

  @Test
  void missingShard() throws Exception {
    index(entry("a", A) + "," + entry("b", B));
    Files.delete(folder.resolve(B));

    assertRefused("it lists the file " + B + ", which is not beside it");
  }

  @Test
  void tensorListedButAbsent() throws Exception {
    index(entry("a", A) + "," + entry("z", A));

    assertRefused("tensor 'z': it is listed for " + A + ", which lacks it");
  }

  @Test
  void tensorInTwoShards() throws Exception {
    new SafetensorsWriter().add("a", new float[] {9}, 1).write(folder.resolve(B));
    index(entry("a", A) + "," + entry("a2", B));
    new SafetensorsWriter()
        .add("a", new float[] {9}, 1)
        .add("a2", new float[] {9}, 1)
        .write(folder.resolve(B));

    assertRefused("tensor 'a': it is in two files, " + A + " and " + B);
  }

  @Test
  void tensorListedTwice() throws Exception {
    index(entry("a", A) + "," + entry("a", B));

    assertRefused("no valid JSON: Duplicate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../x.safetensors", "/etc/passwd", "sub/x", "..", "", "a\\\\b", "a\\u0000b"})
  void shardOutsideOfTheFolder(String name) throws Exception {
    index(entry("a", name));

    assertRefused("expected the name of a file beside the index");
  }

  @Test
  void indexWithoutAMap() throws Exception {
    Path index = folder.resolve("model.safetensors.index.json");
    for (String content : List.of("{}", "[]", "{\"weight_map\": {}}", "{\"weight_map\": 3}")) {
      Files.writeString(index, content);
      assertRefused("expected an object weight_map");
    }
    for (String content : List.of("{", "", "{\"weight_map\": {}} x")) {
      Files.writeString(index, content);
      assertThatExceptionOfType(TensorFileException.class)
          .isThrownBy(() -> WeightFiles.open(folder))
          .withMessageStartingWith(index.toString());
    }
  }

  @Test
  void folderWithoutWeights() {
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> WeightFiles.open(folder))
        .withMessage(
            "%s: expected one of model.safetensors, model.safetensors.index.json,"
                + " pytorch_model.bin, pytorch_model.bin.index.json in this folder; it has none",
            folder);
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> WeightFiles.open(folder.resolve("none.index.json")))
        .withMessageContaining("there is no such file");
  }

  @Test
  void whatAFolderHasIsTakenInTheOrderThatIsDocumented() throws Exception {
    Path torch = Path.of("src/test/resources/torchfile/sharded");
    try (Stream<Path> files = Files.list(torch)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    assertThat(WeightFiles.open(folder).path()).hasFileName("pytorch_model.bin.index.json");
    new TorchWriter().add("a", new float[] {4}, 1).write(folder.resolve("pytorch_model.bin"));
    assertThat(WeightFiles.open(folder).path()).hasFileName("pytorch_model.bin");
    assertThat(WeightFiles.open(folder).floats("a")).containsExactly(4);
    index(entry("a", A) + "," + entry("b", B));
    assertThat(WeightFiles.open(folder).path()).hasFileName("model.safetensors.index.json");
    new SafetensorsWriter().add("a", new float[] {5}, 1).write(folder.resolve("model.safetensors"));
    assertThat(WeightFiles.open(folder).path()).hasFileName("model.safetensors");
    assertThat(WeightFiles.open(folder).floats("a")).containsExactly(5);
  }

  @Test
  void shardsInPyTorchsFormat() throws Exception {
    Path torch = Path.of("src/test/resources/torchfile/sharded");
    WeightFiles files = WeightFiles.open(torch);

    assertThat(files.names()).containsExactly("b", "a", "c");
    assertThat(files.floats("a")).containsExactly(1, 1.5f);
    assertThat(files.floats("b")).containsExactly(2, 2.5f, 3, 3.5f);
    assertThat(files.longs("c")).containsExactly(3, 3, 4);
    assertThat(files.metadata()).isEqualTo(Map.of("total_size", "40"));
    assertThat(files.files())
        .containsExactly(
            torch.resolve("pytorch_model-00002-of-00002.bin"),
            torch.resolve("pytorch_model-00001-of-00002.bin"));
    assertThat(files.sha256()).isEqualTo(Sha256.ofAll(files.files()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "parameters.bin",
        "nested_state_dict.pt",
        "nested_model.pth",
        "nested_model_state_dict.ckpt"
      })
  void endingsOfPyTorchsFiles(String name) throws Exception {
    WeightFiles files = WeightFiles.open(Path.of("src/test/resources/torchfile/" + name));

    assertThat(files.names()).containsExactly("w", "b");
    assertThat(files.sha256()).isEqualTo(Sha256.of(files.path()));
  }

  @Test
  void tensorThatIsNotThere() throws Exception {
    index(entry("a", A) + "," + entry("b", B));
    WeightFiles files = WeightFiles.open(folder);

    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> files.floats("aa"))
        .withMessageContaining("the nearest of 3 names: 'a'");
  }

  @Test
  void hashOfOneFileIsThatOfItsBytes() throws Exception {
    Path file = Path.of("src/test/resources/golden/gpt2/model.safetensors");

    // sha256sum model.safetensors
    assertThat(WeightFiles.open(file).sha256())
        .isEqualTo("f163494ead6c2726528dbf27e6c920ffdab26e30dda2467d8abe29d09137a329");
  }

  @Test
  void hashOfShardsCoversNamesContentsAndOrder() throws Exception {
    index(entry("b", B) + "," + entry("a", A));
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (String name : List.of(B, A)) {
      digest.update((name + "\0").getBytes("UTF-8"));
      digest.update(HexFormat.of().parseHex(Sha256.of(folder.resolve(name))));
    }

    assertThat(WeightFiles.open(folder).sha256())
        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
  }

  private void assertRefused(String message) {
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> WeightFiles.open(folder))
        .withMessageContaining(message);
  }
}
