package io.loupe.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShippedModelsTest {
  private static final Path RESOURCES = Path.of("src/main/resources/io/loupe/datasets/models");
  @TempDir Path temp;

  private static ModelFiles stories() throws Exception {
    return files("stories260k");
  }

  private static ModelFiles files(String model) throws Exception {
    Map<String, String> sums = new LinkedHashMap<>();
    for (String line : Files.readAllLines(RESOURCES.resolve("SHA256SUMS"))) {
      if (line.substring(66).startsWith(model + "/")) {
        sums.put(line.substring(line.indexOf('/') + 1), line.substring(0, 64));
      }
    }
    return new ModelFiles(model, sums);
  }

  private static void assertComplete(Path folder) throws Exception {
    for (String name : names(RESOURCES.resolve("stories260k"))) {
      assertThat(folder.resolve(name))
          .hasSameBinaryContentAs(RESOURCES.resolve("stories260k").resolve(name));
    }
  }

  private static List<String> names(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void everyFileIsListedWithItsHash() throws Exception {
    assertThat(stories().areIn(RESOURCES.resolve("stories260k"))).isTrue();
    assertThat(stories().sha256().keySet())
        .containsExactlyInAnyOrderElementsOf(names(RESOURCES.resolve("stories260k")))
        .contains("LICENSE", "SOURCE.txt", "config.json", "model.safetensors", "tokenizer.json");
  }

  @Test
  void everyShippedFileIsListed() throws Exception {
    for (String model : ShippedModels.names()) {
      Path folder = RESOURCES.resolve(model);
      assertThat(files(model).areIn(folder)).as(model).isTrue();
      assertThat(files(model).sha256().keySet())
          .containsExactlyInAnyOrderElementsOf(names(folder))
          .contains("config.json", "model.safetensors")
          .containsAnyOf("CARD.md", "SOURCE.txt");
    }
    assertThat(ShippedModels.names()).containsExactlyElementsOf(folders());
  }

  private static List<String> folders() throws Exception {
    try (Stream<Path> all = Files.list(RESOURCES)) {
      return all.filter(Files::isDirectory).map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void modelsOfOthersHaveTheirLicenceAndSource() throws Exception {
    for (String model : List.of("sort", "stories260k")) {
      assertThat(names(RESOURCES.resolve(model))).contains("LICENSE", "SOURCE.txt");
    }
  }

  @Test
  void modelsOfOurOwnAreCompleteAndTheirCardsNameTheFiles() throws Exception {
    for (String model : List.of("loupe-lm", "loupe-mlm")) {
      Path folder = RESOURCES.resolve(model);
      Map<String, String> sums = files(model).sha256();
      assertThat(files(model).areIn(folder)).isTrue();
      assertThat(sums.keySet()).containsExactlyInAnyOrderElementsOf(names(folder));
      String card = Files.readString(folder.resolve("CARD.md"));
      for (String file :
          List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
        assertThat(card).containsPattern(Pattern.quote(file) + " +" + sums.get(file));
      }
    }
  }

  @Test
  void aShippedModelIsAFolderWithItsFiles() throws Exception {
    assertThat(ShippedModels.names())
        .containsExactly(
            "brackets",
            "induction-2l",
            "loupe-lm",
            "loupe-mlm",
            "modular-addition",
            "sort",
            "stories260k");
    Path folder = ShippedModels.folder("stories260k").orElseThrow();

    assertComplete(folder);
    assertThat(ShippedModels.folder("stories260k")).hasValue(folder);
    assertThat(ShippedModels.folder("gpt2")).isEmpty();
  }

  @Test
  void unpacksOnceAndLeavesNothingElse() throws Exception {
    Path folder = new ModelCache(temp).folder(stories());

    assertComplete(folder);
    assertThat(folder).startsWith(temp);
    assertThat(names(folder.getParent())).containsExactly(folder.getFileName().toString());
    Object key = Files.getAttribute(folder, "unix:ino");
    assertThat(new ModelCache(temp).folder(stories())).isEqualTo(folder);
    assertThat(Files.getAttribute(folder, "unix:ino")).as("not unpacked again").isEqualTo(key);
  }

  @Test
  void repairsWhatIsDamaged() throws Exception {
    Path folder = new ModelCache(temp).folder(stories());
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length / 2] ^= 1;
    Files.write(weights, bytes);
    assertComplete(new ModelCache(temp).folder(stories()));

    Files.delete(weights);
    assertComplete(new ModelCache(temp).folder(stories()));

    for (String name : names(folder)) {
      Files.delete(folder.resolve(name));
    }
    Files.delete(folder);
    Files.writeString(folder, "a file where the folder should be");
    assertComplete(new ModelCache(temp).folder(stories()));
    assertThat(names(folder.getParent())).containsExactly(folder.getFileName().toString());
  }

  @Test
  void aCacheThatCannotBeWrittenIsReplacedByATemporaryFolder() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "a file has no folders in it");
    Path folder = new ModelCache(file).folder(stories());

    assertComplete(folder);
    assertThat(new ModelCache(file).folder(stories())).as("unpacked once").isEqualTo(folder);
  }

  @Test
  void severalProcessesMayUnpackAtOnce() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ProcessBuilder builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Xmx64m",
              "-cp",
              System.getProperty("java.class.path"),
              Unpacking.class.getName());
      builder.environment().put("LOUPE_CACHE", temp.toString());
      processes.add(builder.redirectErrorStream(true).start());
    }
    for (Process process : processes) {
      String output = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).as(output).isZero();
      assertComplete(Path.of(output.strip()));
      assertThat(Path.of(output.strip())).startsWith(temp);
    }
    assertThat(names(temp.resolve("models"))).hasSize(1);
  }

  @Test
  void severalThreadsMayUnpackAtOnce() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      Callable<Path> task = () -> new ModelCache(temp).folder(stories());
      for (Future<Path> folder : pool.invokeAll(List.of(task, task, task, task))) {
        assertComplete(folder.get());
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void whatTheJarLacksOrHasDamagedIsNamed() {
    assertThatExceptionOfType(DatasetException.class)
        .isThrownBy(
            () -> new ModelCache(temp).folder(new ModelFiles("stories260k", Map.of("none", "0"))))
        .withMessageContaining("stories260k/none: the jar of loupe-datasets lacks this file");
    assertThatExceptionOfType(DatasetException.class)
        .isThrownBy(
            () ->
                new ModelCache(temp).folder(new ModelFiles("stories260k", Map.of("LICENSE", "0"))))
        .withMessageContaining("stories260k/LICENSE: the file in the jar is damaged");
  }

  @Test
  void theEnvironmentSaysWhereTheCacheIs() {
    assertThat(CacheFolder.root(Map.of("LOUPE_CACHE", "/a", "XDG_CACHE_HOME", "/b"), "/home/x"))
        .isEqualTo(Path.of("/a"));
    assertThat(CacheFolder.root(Map.of("LOUPE_CACHE", "", "XDG_CACHE_HOME", "/b"), "/home/x"))
        .isEqualTo(Path.of("/b/loupe"));
    assertThat(CacheFolder.root(Map.of("XDG_CACHE_HOME", "relative"), "/home/x"))
        .isEqualTo(Path.of("/home/x/.cache/loupe"));
    assertThat(CacheFolder.root(Map.of(), "/home/x")).isEqualTo(Path.of("/home/x/.cache/loupe"));
  }

  /** The main class of another process. */
  static final class Unpacking {
    public static void main(String[] arguments) throws Exception {
      System.out.println(ShippedModels.folder("stories260k").orElseThrow());
    }
  }
}
