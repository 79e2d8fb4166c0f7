package io.loupe.datasets.text;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Tiny Shakespeare: speeches of his plays (Karpathy 2015). Grouped by the whole speech. */
public final class Shakespeare {
  /** How it is read. */
  public static final Loader<Speech> LOADER =
      new Loader<>(
          new DatasetInfo(
              "tiny-shakespeare",
              "speeches",
              "Speeches of Shakespeare's plays, with their speakers.",
              "Karpathy 2015, The unreasonable effectiveness of recurrent neural networks",
              "public domain",
              "https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare",
              "the first 2,000 of 7,222"),
          new Layout<>(
              List.of("speaker", "text"), s -> List.of(s.speaker(), s.text()), Speech::toString),
          Shakespeare::speeches);

  private Shakespeare() {}

  /** Returns the shipped speeches. */
  public static Dataset<Speech> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the speeches of a folder with {@code input.txt} or {@code tinyshakespeare.txt}.
   *
   * @throws IOException a {@code DatasetException} if the file is missing or damaged
   */
  public static Dataset<Speech> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  /**
   * Returns speeches as one text, with an empty line between them; the published text has one more
   * behind two of the 7,222.
   */
  public static String text(Dataset<Speech> speeches) {
    return speeches.stream().map(Speech::toString).collect(Collectors.joining("\n\n", "", "\n"));
  }

  private static List<Speech> speeches(DataFiles files) throws IOException {
    List<Speech> speeches = new ArrayList<>();
    String path = files.first("input.txt", "tinyshakespeare.txt");
    try (Lines lines = Lines.open(files, path)) {
      List<String> block = new ArrayList<>();
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (block.isEmpty() && !line.isEmpty() && !line.endsWith(":")) {
          throw lines.broken("a speaker such as \"All:\"", "\"" + line + "\"");
        }
        if (!line.isEmpty()) {
          block.add(line);
        } else {
          add(block, speeches);
        }
      }
      add(block, speeches);
    }
    if (speeches.isEmpty()) {
      throw new DatasetException(files.nameOf(path) + ": expected speeches, found none");
    }
    return speeches;
  }

  private static void add(List<String> block, List<Speech> speeches) {
    if (!block.isEmpty()) {
      String speaker = block.get(0);
      speeches.add(
          new Speech(
              speaker.substring(0, speaker.length() - 1),
              String.join("\n", block.subList(1, block.size()))));
      block.clear();
    }
  }
}
