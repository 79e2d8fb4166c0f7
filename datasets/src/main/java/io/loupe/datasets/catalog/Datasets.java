package io.loupe.datasets.catalog;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.facts.Entities;
import io.loupe.datasets.facts.FunctionTasks;
import io.loupe.datasets.facts.KnownFacts;
import io.loupe.datasets.facts.Relations;
import io.loupe.datasets.text.Articles;
import io.loupe.datasets.text.LabelledTexts;
import io.loupe.datasets.text.MinimalPairs;
import io.loupe.datasets.text.Shakespeare;
import io.loupe.datasets.treebank.Treebank;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All datasets by name, to look at: {@code Datasets.overview()}, {@code
 * Datasets.named("blimp").table()}. Each one's own class gives its items with their type and reads
 * the full set.
 */
public final class Datasets {
  private static final Map<String, Loader<?>> ALL = new LinkedHashMap<>();

  static {
    Stream.of(
            Relations.LOADER,
            KnownFacts.LOADER,
            FunctionTasks.LOADER,
            Entities.WORLD,
            Entities.USA,
            Entities.ART,
            Treebank.LOADER,
            MinimalPairs.LOADER,
            LabelledTexts.POLARITY,
            LabelledTexts.SUBJECTIVITY,
            LabelledTexts.REVIEWS,
            Articles.LOADER,
            Shakespeare.LOADER)
        .forEach(loader -> ALL.put(loader.info().name(), loader));
  }

  private Datasets() {}

  /** Returns the names of all datasets. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * Returns what a dataset says of itself, without reading it.
   *
   * @throws IllegalArgumentException if there is none of that name; it lists the names
   */
  public static DatasetInfo info(String name) {
    return loader(name).info();
  }

  /**
   * Returns the shipped part of a dataset.
   *
   * @throws IllegalArgumentException if there is none of that name; it lists the names
   */
  public static Dataset<?> named(String name) {
    return loader(name).shipped();
  }

  /**
   * Returns the full set, from a folder or a zip archive in the layout in which it is published.
   *
   * @throws IllegalArgumentException if there is none of that name; it lists the names
   * @throws IOException a {@code DatasetException} if a file is missing or damaged
   */
  public static Dataset<?> read(String name, Path place) throws IOException {
    return loader(name).read(place);
  }

  /** Returns a table of all datasets as text: name, shipped items, licence, what it is, paper. */
  public static String overview() {
    return names().stream().map(Datasets::line).collect(Collectors.joining("\n"));
  }

  private static String line(String name) {
    Dataset<?> dataset = named(name);
    DatasetInfo info = dataset.info();
    return String.format(
        Locale.ROOT,
        "%-18s %,7d %-10s %-13s  %s%n%53s[%s; shipped: %s]",
        name,
        dataset.size(),
        info.items(),
        info.licence(),
        info.description(),
        "",
        info.paper(),
        info.shipped());
  }

  private static Loader<?> loader(String name) {
    Loader<?> loader = ALL.get(name);
    if (loader == null) {
      throw new IllegalArgumentException("No dataset '%s'; there are %s".formatted(name, names()));
    }
    return loader;
  }
}
