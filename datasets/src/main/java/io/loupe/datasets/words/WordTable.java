package io.loupe.datasets.words;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A resource of tab-separated columns under a line that names them. */
final class WordTable {
  private WordTable() {}

  /** Returns the rows, each with all its columns. */
  static List<List<String>> rows(String name, int columns) {
    List<String> lines = lines(name + ".tsv");
    List<List<String>> rows = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      List<String> row = List.of(line.split("\t", -1));
      if (row.size() != columns) {
        throw new IllegalStateException(
            "%s.tsv: expected %d columns, got \"%s\"".formatted(name, columns, line));
      }
      rows.add(row);
    }
    return List.copyOf(rows);
  }

  private static List<String> lines(String file) {
    try (InputStream in = WordTable.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("The word list " + file + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
