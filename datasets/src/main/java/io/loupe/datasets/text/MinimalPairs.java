package io.loupe.datasets.text;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.JsonItem;
import io.loupe.datasets.file.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** BLiMP: minimal pairs of English sentences (Warstadt et al. 2020). Grouped by good sentence. */
public final class MinimalPairs {
  /** How it is read. */
  public static final Loader<MinimalPair> LOADER =
      new Loader<>(
          new DatasetInfo(
              "blimp",
              "pairs",
              "Minimal pairs of a grammatical and an ungrammatical sentence.",
              "Warstadt et al. 2020, BLiMP: the benchmark of linguistic minimal pairs for English",
              "CC BY 4.0",
              "https://github.com/alexwarstadt/blimp",
              "300 of each of 10 of the 67 paradigms"),
          new Layout<>(
              List.of("paradigm", "term", "good", "bad"),
              pair -> List.of(pair.paradigm(), pair.term(), pair.good(), pair.bad()),
              MinimalPair::good),
          MinimalPairs::pairs);

  private MinimalPairs() {}

  /** Returns the shipped sample. */
  public static Dataset<MinimalPair> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the pairs of all {@code *.jsonl} of a folder, or of its {@code data/}.
   *
   * @throws IOException a {@code DatasetException} if a file is missing or damaged
   */
  public static Dataset<MinimalPair> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  /** Returns the names of these pairs' paradigms, in their order. */
  public static List<String> paradigms(Dataset<MinimalPair> pairs) {
    return pairs.stream().map(MinimalPair::paradigm).distinct().toList();
  }

  /**
   * Returns the pairs of one paradigm.
   *
   * @throws IllegalArgumentException if there is none of that name; it lists the names
   */
  public static Dataset<MinimalPair> of(Dataset<MinimalPair> pairs, String paradigm) {
    Dataset<MinimalPair> found = pairs.where(pair -> pair.paradigm().equals(paradigm));
    if (found.size() == 0) {
      throw new IllegalArgumentException(
          "No paradigm '%s'; there are %s".formatted(paradigm, paradigms(pairs)));
    }
    return found;
  }

  private static List<MinimalPair> pairs(DataFiles files) throws IOException {
    List<MinimalPair> pairs = new ArrayList<>();
    for (String path : files.inFirst(".jsonl", "data", "")) {
      try (Lines lines = Lines.open(files, path)) {
        for (String line = lines.next(); line != null; line = lines.next()) {
          pairs.add(pair(lines, line));
        }
      }
    }
    return pairs;
  }

  private static MinimalPair pair(Lines lines, String line) throws DatasetException {
    JsonItem item = JsonItem.line(lines, line);
    MinimalPair pair =
        new MinimalPair(
            item.text("sentence_good"),
            item.text("sentence_bad"),
            item.text("UID"),
            item.text("linguistics_term"),
            item.text("field"),
            item.text("pairID"));
    if (pair.good().equals(pair.bad())) {
      throw lines.broken("two different sentences", "\"" + pair.good() + "\" twice");
    }
    return pair;
  }
}
