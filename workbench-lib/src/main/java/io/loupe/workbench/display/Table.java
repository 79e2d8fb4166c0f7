package io.loupe.workbench.display;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A small table with a header, shown as HTML, as aligned text and as CSV. Immutable: {@link #row}
 * returns a new table. Cells are any values; numbers are set to the right, floating-point ones with
 * four significant digits (all digits in CSV); {@code null} is an empty cell.
 */
public final class Table implements Displayable {
  private final List<String> header;
  private final List<List<@Nullable Object>> rows;

  private Table(List<String> header, List<List<@Nullable Object>> rows) {
    this.header = header;
    this.rows = rows;
  }

  /**
   * Returns a table without rows.
   *
   * @throws IllegalArgumentException if there is no column
   */
  public static Table of(List<String> header) {
    if (header.isEmpty()) {
      throw new IllegalArgumentException("A table needs at least one column, got an empty header");
    }
    return new Table(List.copyOf(header), List.of());
  }

  /** Returns a table without rows: {@code Table.of("head", "effect")}. */
  public static Table of(String... header) {
    return of(List.of(header));
  }

  /**
   * Returns this table with one more row.
   *
   * @throws IllegalArgumentException if the number of cells is not the number of columns
   */
  public Table row(@Nullable Object... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "Expected %s cells, one for each of %s, got %s: %s"
              .formatted(header.size(), header, cells.length, Arrays.toString(cells)));
    }
    List<List<@Nullable Object>> more = new ArrayList<>(rows);
    more.add(Collections.unmodifiableList(new ArrayList<>(Arrays.asList(cells))));
    return new Table(header, Collections.unmodifiableList(more));
  }

  public List<String> header() {
    return header;
  }

  /** Returns the rows in order, unmodifiable; a cell may be null. */
  public List<List<@Nullable Object>> rows() {
    return rows;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.html(toHtml()).and(MimeBundle.text(toString()));
  }

  /** Returns how the table is shown below a line that says what it is. */
  public MimeBundle display(String caption) {
    String html = "<p>%s</p>\n%s".formatted(Html.escape(caption), toHtml());
    return MimeBundle.html(html).and(MimeBundle.text(caption + ":\n" + this));
  }

  /** Returns an HTML table; everything in it is escaped. */
  public String toHtml() {
    StringBuilder html = new StringBuilder("<table class=\"loupe-table\">\n<thead>");
    html.append(htmlRow(header, "th")).append("</thead>\n<tbody>\n");
    rows.forEach(row -> html.append(htmlRow(row, "td")).append('\n'));
    return html.append("</tbody>\n</table>\n").toString();
  }

  /** Returns comma-separated lines as in RFC 4180, with the header first and all digits. */
  public String toCsv() {
    StringBuilder csv = new StringBuilder(csvLine(header));
    rows.forEach(row -> csv.append(csvLine(row)));
    return csv.toString();
  }

  /** Returns the table as aligned columns of text. */
  @Override
  public String toString() {
    int[] widths =
        IntStream.range(0, header.size())
            .map(
                c ->
                    Math.max(
                        width(header.get(c)),
                        rows.stream().mapToInt(row -> width(line(row.get(c)))).max().orElse(0)))
            .toArray();
    StringBuilder text = new StringBuilder(textLine(header, widths));
    text.append(Arrays.stream(widths).mapToObj("-"::repeat).collect(Collectors.joining("  ")));
    text.append('\n');
    rows.forEach(row -> text.append(textLine(row, widths)));
    return text.toString();
  }

  private String htmlRow(List<? extends @Nullable Object> cells, String element) {
    StringBuilder html = new StringBuilder("<tr>");
    for (int c = 0; c < cells.size(); c++) {
      String side = isNumeric(c) ? "right" : "left";
      html.append("<%s style=\"text-align: %s\">".formatted(element, side))
          .append(Html.escape(text(cells.get(c))))
          .append("</%s>".formatted(element));
    }
    return html.append("</tr>").toString();
  }

  private String textLine(List<? extends @Nullable Object> cells, int[] widths) {
    return IntStream.range(0, cells.size())
            .mapToObj(
                c -> {
                  String cell = line(cells.get(c));
                  String gap = " ".repeat(Math.max(0, widths[c] - width(cell)));
                  return isNumeric(c) ? gap + cell : cell + gap;
                })
            .collect(Collectors.joining("  "))
            .stripTrailing()
        + "\n";
  }

  private static String csvLine(List<? extends @Nullable Object> cells) {
    UnaryOperator<String> quoted =
        cell ->
            cell.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r')
                ? '"' + cell.replace("\"", "\"\"") + '"'
                : cell;
    return cells.stream()
        .map(cell -> quoted.apply(Objects.toString(cell, "")))
        .collect(Collectors.joining(",", "", "\r\n"));
  }

  /** Says whether every cell of a column that is not empty is a number. */
  private boolean isNumeric(int column) {
    return !rows.isEmpty()
        && rows.stream()
            .map(row -> row.get(column))
            .allMatch(cell -> cell == null || cell instanceof Number);
  }

  private static String text(@Nullable Object cell) {
    if (cell instanceof Double || cell instanceof Float) {
      return Numbers.format(((Number) cell).doubleValue());
    }
    return Objects.toString(cell, "");
  }

  private static String line(@Nullable Object cell) {
    return text(cell).replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
