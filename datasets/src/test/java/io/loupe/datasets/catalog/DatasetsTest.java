package io.loupe.datasets.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.task.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DatasetsTest {
  @TempDir private Path folder;

  static List<String> names() {
    return Datasets.names();
  }

  @Test
  void shipsSoMany() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    names().forEach(name -> sizes.put(name, Datasets.named(name).size()));
    assertThat(sizes)
        .containsExactly(
            entry("lre-relations", 11_089),
            entry("known-1000", 1_209),
            entry("function-tasks", 9_194),
            entry("world-places", 3_000),
            entry("us-places", 3_000),
            entry("artworks", 3_000),
            entry("ud-english-ewt", 2_000),
            entry("blimp", 3_000),
            entry("sentence-polarity", 2_400),
            entry("subjectivity", 1_600),
            entry("movie-reviews", 120),
            entry("wikitext-2", 24),
            entry("tiny-shakespeare", 2_000));
  }

  @Test
  void overviewSaysNameItemsAndLicence() {
    assertThat(Datasets.overview().lines().toList())
        .hasSize(2 * names().size())
        .anySatisfy(
            line ->
                assertThat(line).startsWith("blimp").contains("3,000 pairs").contains("CC BY 4.0"));
  }

  @Test
  void unknownNameIsRefusedWithTheNames() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Datasets.named("blimb"))
        .withMessageContaining("blimb")
        .withMessageContaining("blimp");
  }

  @ParameterizedTest
  @MethodSource("names")
  void saysWhereItIsFrom(String name) {
    Dataset<?> dataset = Datasets.named(name);
    assertThat(dataset.licenceText()).isNotBlank();
    assertThat(dataset.sourceText()).contains("https://github.com/").contains("commit ");
    assertThat(dataset.toString())
        .contains(
            name, dataset.licence(), dataset.source(), "shipped: " + dataset.info().shipped());
    String text = dataset.licenceText().replaceAll("\\s+", " ");
    switch (dataset.licence()) {
      case "MIT" -> assertThat(text).contains("MIT License", "Copyright (c)");
      case "public domain" -> assertThat(text).contains("public domain");
      case "CC BY 4.0" -> assertThat(text).contains("creativecommons.org/licenses/by/4.0");
      case "CC BY-SA 4.0" -> assertThat(text).contains("creativecommons.org/licenses/by-sa/4.0");
      default -> assertThat(text).contains("creativecommons.org/licenses/by-sa/3.0");
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void splitsShareNoGroup(String name) {
    checkSplits(Datasets.named(name));
  }

  private static <T> void checkSplits(Dataset<T> dataset) {
    Set<String> seen = new HashSet<>();
    int items = 0;
    for (Split split : Split.values()) {
      Dataset<T> part = dataset.in(split);
      Set<String> groups = new HashSet<>();
      part.forEach(item -> groups.add(dataset.groupOf(item)));
      assertThat(Collections.disjoint(groups, seen)).isTrue();
      seen.addAll(groups);
      items += part.size();
    }
    assertThat(items).isEqualTo(dataset.size());
    if (dataset.size() > 1000) {
      assertThat(dataset.in(Split.TEST).size()).isBetween(dataset.size() / 20, dataset.size() / 4);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void readsThePublishedLayout(String name) throws Exception {
    Map<String, String> files = SmallSets.ALL.get(name);
    SmallSets.write(folder, SmallSets.bytes(files));
    Path zip = folder.resolve("all.zip");
    Files.write(zip, SmallSets.zipped(files));
    Dataset<?> fromFolder = Datasets.read(name, folder);
    Dataset<?> fromZip = Datasets.read(name, zip);
    assertThat(fromFolder.size()).isPositive();
    assertThat(fromFolder.rows()).isEqualTo(fromZip.rows());
    assertThat(fromFolder.origin()).isEqualTo("read from " + folder);
  }

  @ParameterizedTest
  @MethodSource("names")
  void missingFilesAreNamed(String name) {
    assertThatThrownBy(() -> Datasets.read(name, folder))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("expected");
    assertThatThrownBy(() -> Datasets.read(name, folder.resolve("nowhere")))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("no such folder");
  }
}
