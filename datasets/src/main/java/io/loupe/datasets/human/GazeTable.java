package io.loupe.datasets.human;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.file.Lines;
import io.loupe.datasets.file.Table;
import io.loupe.datasets.human.HumanAttention.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads tables of gaze: a row for each reader and word, as ZuCo, OneStop, Provo, Dundee and GECO
 * are published, with the columns called as the caller says. Commas, or tabs if the file ends with
 * {@code .tsv}.
 *
 * <pre>{@code
 * var columns = new GazeTable("text_id", "reader", "word_number", "word", "TRT");
 * List<HumanAttention> readings = columns.read(Path.of("gaze.csv"), texts);
 * }</pre>
 *
 * @param text column that says which text
 * @param reader column that says who read it
 * @param index column with the word's number in the text, in any order and from any number
 * @param word column with the word as it stands in the text
 * @param value column with what was measured, such as milliseconds; empty, {@code NA}, {@code NaN}
 *     or {@code .} where nothing was
 */
public record GazeTable(String text, String reader, String index, String word, String value) {
  private static final Set<String> MISSING = Set.of("", "na", "nan", ".", "null");

  private record Key(String text, String reader) {}

  private record Cell(String word, double value) {}

  /**
   * Reads a table whose texts are its words with spaces between.
   *
   * @return one for each text and reader, in the order of the file
   * @throws DatasetException if the table is damaged; it names the line
   */
  public List<HumanAttention> read(Path file) throws IOException {
    List<HumanAttention> readings = new ArrayList<>();
    for (Map.Entry<Key, List<Cell>> reading : cells(file).entrySet()) {
      String joined = String.join(" ", reading.getValue().stream().map(Cell::word).toList());
      readings.add(reading(reading.getKey(), joined, reading.getValue()));
    }
    return readings;
  }

  /**
   * Reads a table of known texts.
   *
   * @param texts text by id
   * @return one for each text and reader, in the order of the file
   * @throws DatasetException if the table is damaged, a text is unknown or has other words
   */
  public List<HumanAttention> read(Path file, Map<String, String> texts) throws IOException {
    List<HumanAttention> readings = new ArrayList<>();
    for (Map.Entry<Key, List<Cell>> reading : cells(file).entrySet()) {
      String of = texts.get(reading.getKey().text());
      if (of == null) {
        throw new DatasetException(
            "%s: expected the texts %s, got one of text '%s'"
                .formatted(file, texts.keySet(), reading.getKey().text()));
      }
      try {
        readings.add(reading(reading.getKey(), of, reading.getValue()));
      } catch (IllegalArgumentException e) {
        throw new DatasetException(
            "%s, text '%s', reader '%s': %s"
                .formatted(
                    file, reading.getKey().text(), reading.getKey().reader(), e.getMessage()),
            e);
      }
    }
    return readings;
  }

  private HumanAttention reading(Key key, String of, List<Cell> cells) {
    List<TextSpan> spans = TextLocator.find(of, cells.stream().map(Cell::word).toList());
    return new HumanAttention(
        key.text(),
        of,
        value,
        Set.of(key.reader()),
        Kind.AMOUNT,
        spans,
        cells.stream().map(Cell::value).toList());
  }

  private Map<Key, List<Cell>> cells(Path file) throws IOException {
    Map<Key, TreeMap<Integer, Cell>> readings = new LinkedHashMap<>();
    try (Table table = open(file)) {
      for (Table.Row row = table.next(); row != null; row = table.next()) {
        Key key = new Key(row.filled(text), row.filled(reader));
        double number = row.number(index, 0, Integer.MAX_VALUE);
        if (number != Math.rint(number)) {
          throw row.broken(index, "a whole number", String.valueOf(number));
        }
        Cell cell = new Cell(row.filled(word), value(row));
        if (readings.computeIfAbsent(key, k -> new TreeMap<>()).put((int) number, cell) != null) {
          throw row.broken(
              index,
              "each word of a text once a reader",
              "word %d of text '%s', reader '%s' again"
                  .formatted((int) number, key.text(), key.reader()));
        }
      }
    }
    if (readings.isEmpty()) {
      throw new DatasetException(file + ": expected a row for each word, got none");
    }
    Map<Key, List<Cell>> ordered = new LinkedHashMap<>();
    readings.forEach((key, words) -> ordered.put(key, List.copyOf(words.values())));
    return ordered;
  }

  private double value(Table.Row row) throws DatasetException {
    return MISSING.contains(row.text(value).strip().toLowerCase(Locale.ROOT))
        ? Double.NaN
        : row.number(value, 0, Double.MAX_VALUE);
  }

  static Table open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DatasetException(file + ": there is no such file");
    }
    Lines lines = new Lines(file.toString(), Files.newInputStream(file));
    try {
      return new Table(lines, file.toString().endsWith(".tsv") ? '\t' : ',');
    } catch (DatasetException e) {
      lines.close();
      throw e;
    }
  }
}
