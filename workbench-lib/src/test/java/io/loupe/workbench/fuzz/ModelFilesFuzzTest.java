package io.loupe.workbench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.family.ConfigFile;
import io.loupe.workbench.family.Families;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.testing.Expected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Damaged configurations of every family that there are golden numbers of. */
@Timeout(3_600)
class ModelFilesFuzzTest {
  private static List<Path> families() throws IOException {
    try (Stream<Path> folders = Files.list(Expected.folder("golden"))) {
      return folders.filter(path -> Files.exists(path.resolve("config.json"))).sorted().toList();
    }
  }

  @Test
  void configurations() throws Exception {
    List<byte[]> sound = new ArrayList<>();
    for (Path family : families()) {
      sound.add(Files.readAllBytes(family.resolve("config.json")));
    }
    assertThat(sound).hasSizeGreaterThan(1);
    int files = Fuzz.share(12);
    int refused =
        new Fuzz("config", 300)
            .run(
                files,
                random -> {
                  byte[] bytes = sound.get(random.nextInt(sound.size()));
                  return Map.of("config.json", JsonDamage.damaged(bytes, random));
                },
                folder -> Families.config(ConfigFile.read(folder.resolve("config.json"))));
    assertThat(refused).as("damage that was noticed").isGreaterThan(files / 10);
  }

  /** A configuration that says something else than the weights must not be believed. */
  @Test
  void modelsWithAConfigurationThatDoesNotFit() throws Exception {
    List<Path> families = families();
    int files = Math.max(10, Fuzz.share(5) / families.size());
    for (Path family : families) {
      byte[] config = Files.readAllBytes(family.resolve("config.json"));
      byte[] weights = Files.readAllBytes(family.resolve("model.safetensors"));
      new Fuzz("model " + family.getFileName(), 300)
          .run(
              files,
              random ->
                  Map.of(
                      "config.json",
                      JsonDamage.damaged(config, random),
                      "model.safetensors",
                      weights),
              folder -> HookedTransformer.load(folder.toString()));
    }
  }
}
