package io.loupe.datasets.human;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.file.Table;
import io.loupe.datasets.human.HumanAttention.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads tables of marks: a row for each run of characters that somebody marked as important in a
 * text, as programmers did for Kou et al. 2024 (Is model attention aligned with human attention?).
 * Commas, or tabs if the file ends with {@code .tsv}.
 *
 * @param text column that says which text
 * @param annotator column that says who marked it
 * @param start column with the index of the first character, as Java counts
 * @param end column with the index behind the last character
 */
public record AnnotationTable(String text, String annotator, String start, String end) {
  /**
   * Reads a table.
   *
   * @param texts text by id
   * @return for each text with marks, in the order of the file: for each character, the part of
   *     those annotators who marked it of all who marked something in this text
   * @throws DatasetException if the table is damaged or a text is unknown; it names the line
   */
  public List<HumanAttention> read(Path file, Map<String, String> texts) throws IOException {
    Map<String, Map<String, boolean[]>> marks = new LinkedHashMap<>();
    try (Table table = GazeTable.open(file)) {
      for (Table.Row row = table.next(); row != null; row = table.next()) {
        String id = row.filled(text);
        String of = texts.get(id);
        if (of == null) {
          throw row.broken(text, "one of the texts " + texts.keySet(), "'" + id + "'");
        }
        int from = whole(row, start, 0, of.length() - 1);
        int to = whole(row, end, from + 1, of.length());
        boolean[] marked =
            marks
                .computeIfAbsent(id, t -> new LinkedHashMap<>())
                .computeIfAbsent(row.filled(annotator), a -> new boolean[of.length()]);
        for (int c = from; c < to; c++) {
          marked[c] = true;
        }
      }
    }
    if (marks.isEmpty()) {
      throw new DatasetException(file + ": expected a row for each mark, got none");
    }
    List<HumanAttention> all = new ArrayList<>();
    marks.forEach((id, by) -> all.add(attention(id, texts.getOrDefault(id, ""), by)));
    return all;
  }

  private static HumanAttention attention(String id, String of, Map<String, boolean[]> by) {
    List<TextSpan> chars = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (int c = 0; c < of.length(); c++) {
      int at = c;
      chars.add(new TextSpan(String.valueOf(c), c, c + 1));
      values.add(by.values().stream().filter(marked -> marked[at]).count() / (double) by.size());
    }
    return new HumanAttention(
        id, of, "part of annotators who marked it", by.keySet(), Kind.LEVEL, chars, values);
  }

  private static int whole(Table.Row row, String column, int least, int most)
      throws DatasetException {
    double value = row.number(column, least, most);
    if (value != Math.rint(value)) {
      throw row.broken(column, "a whole number", String.valueOf(value));
    }
    return (int) value;
  }
}
