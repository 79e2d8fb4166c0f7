package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of separated values under a line of column names, row by row: RFC 4180 with any
 * separator; fields in double quotes may hold separators, doubled quotes and line ends.
 */
public final class Table implements AutoCloseable {
  private final Lines lines;
  private final char separator;
  private final Map<String, Integer> columns = new LinkedHashMap<>();

  /**
   * Reads the line of column names.
   *
   * @param lines closed with this
   * @throws DatasetException if there is none, or two columns have one name
   */
  public Table(Lines lines, char separator) throws DatasetException {
    this.lines = lines;
    this.separator = separator;
    List<String> names = fields();
    if (names == null) {
      throw lines.broken("a line of column names", "an empty file");
    }
    for (String name : names) {
      if (columns.put(name.strip(), columns.size()) != null) {
        throw lines.broken("columns of different names", "'" + name + "' twice");
      }
    }
  }

  /** Opens one of a dataset's files, separated by commas. */
  public static Table open(DataFiles files, String path) throws IOException {
    Lines lines = Lines.open(files, path);
    try {
      return new Table(lines, ',');
    } catch (DatasetException e) {
      lines.close();
      throw e;
    }
  }

  /** Returns the next row; null behind the last. Empty lines are skipped. */
  public @Nullable Row next() throws DatasetException {
    while (true) {
      int first = lines.line() + 1;
      List<String> fields = fields();
      if (fields == null) {
        return null;
      }
      if (fields.size() == 1 && fields.get(0).isBlank() && columns.size() > 1) {
        continue;
      }
      if (fields.size() != columns.size()) {
        throw DatasetException.at(
            lines.file(),
            first,
            columns.size() + " columns " + columns.keySet(),
            fields.size() + ": " + fields);
      }
      return new Row(this, first, fields);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private @Nullable List<String> fields() throws DatasetException {
    String text = lines.next();
    if (text == null) {
      return null;
    }
    int first = lines.line();
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    int at = 0;
    while (true) {
      if (at == text.length()) {
        if (!quoted) {
          fields.add(field.toString());
          return fields;
        }
        text = lines.next();
        if (text == null) {
          throw DatasetException.at(
              lines.file(), first, "a closing quote", "the end of the file in a quoted field");
        }
        field.append('\n');
        at = 0;
        continue;
      }
      char c = text.charAt(at++);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (at < text.length() && text.charAt(at) == '"') {
          field.append('"');
          at++;
        } else {
          quoted = false;
          if (at < text.length() && text.charAt(at) != separator) {
            throw lines.broken("a separator behind a closing quote", text.substring(at));
          }
        }
      } else if (c == separator) {
        fields.add(field.toString());
        field.setLength(0);
      } else if (c == '"' && field.length() == 0) {
        quoted = true;
      } else {
        field.append(c);
      }
    }
  }

  /** A row with its columns by name. */
  public static final class Row {
    private final Table table;
    private final int line;
    private final List<String> fields;

    private Row(Table table, int line, List<String> fields) {
      this.table = table;
      this.line = line;
      this.fields = List.copyOf(fields);
    }

    /**
     * Returns the text of a column; may be empty.
     *
     * @throws DatasetException if the file has no such column; it lists those it has
     */
    public String text(String column) throws DatasetException {
      Integer index = table.columns.get(column);
      if (index == null) {
        throw DatasetException.at(
            table.lines.file(), 1, "a column '" + column + "'", table.columns.keySet().toString());
      }
      return fields.get(index);
    }

    /**
     * Returns the text of a column.
     *
     * @throws DatasetException if it is blank
     */
    public String filled(String column) throws DatasetException {
      String text = text(column);
      if (text.isBlank()) {
        throw broken(column, "a text", "a blank");
      }
      return text;
    }

    /**
     * Returns the finite number of a column.
     *
     * @param least smallest value allowed
     * @param most largest value allowed
     * @throws DatasetException if it is none, or outside of the range
     */
    public double number(String column, double least, double most) throws DatasetException {
      String text = text(column);
      double value = parsed(text);
      if (!(value >= least && value <= most)) {
        throw broken(column, "a number from " + least + " to " + most, "'" + text + "'");
      }
      return value;
    }

    /** Returns an error at a column of this row. */
    public DatasetException broken(String column, String expected, String got) {
      return DatasetException.at(
          table.lines.file(), line, "in column '" + column + "' " + expected, got);
    }

    private static double parsed(String text) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException e) {
        return Double.NaN;
      }
    }
  }
}
