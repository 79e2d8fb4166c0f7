package io.loupe.datasets.corpus;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A table in plain text. */
final class TextTable {
  private static final int WIDEST = 48;

  private TextTable() {}

  static String of(List<String> columns, List<List<String>> rows, int all) {
    List<List<String>> cells =
        Stream.concat(Stream.of(columns), rows.stream())
            .map(row -> row.stream().map(TextTable::cut).toList())
            .toList();
    int[] widths =
        IntStream.range(0, columns.size())
            .map(c -> cells.stream().mapToInt(row -> row.get(c).length()).max().orElse(0))
            .toArray();
    String table = cells.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n"));
    return all > rows.size()
        ? String.format(Locale.ROOT, "%s%n... %,d more", table, all - rows.size())
        : table;
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      line.append(row.get(c)).append(" ".repeat(widths[c] - row.get(c).length() + 2));
    }
    return line.toString().stripTrailing();
  }

  private static String cut(String cell) {
    String line = cell.replace("\n", "\\n").replace("\t", " ");
    return line.length() <= WIDEST ? line : line.substring(0, WIDEST - 3) + "...";
  }
}
