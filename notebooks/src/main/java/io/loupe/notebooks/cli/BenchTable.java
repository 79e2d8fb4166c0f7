package io.loupe.notebooks.cli;

import io.loupe.workbench.bench.Measurement;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes measurements for people and for programs. */
final class BenchTable {
  private static final MathContext FOUR_DIGITS = new MathContext(4);
  private static final List<String> HEAD = List.of("name", "value", "unit", "bar", "holds");
  private static final int VALUE = 1;

  private BenchTable() {}

  /** Returns a table with aligned columns; values with four significant digits. */
  static String text(List<Measurement> measurements) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    measurements.forEach(measurement -> rows.add(row(measurement)));
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        String alignment = column == VALUE ? "" : "-";
        line.append(("%" + alignment + width(rows, column) + "s  ").formatted(row.get(column)));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** Returns a list of {@code {name, value, unit, bar, holds}}; no bar is null. */
  static String json(List<Measurement> measurements) {
    return JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writeValueAsString(measurements.stream().map(BenchTable::fields).toList())
        + "\n";
  }

  private static Map<String, Object> fields(Measurement measurement) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", measurement.name());
    fields.put("value", measurement.value());
    fields.put("unit", measurement.unit());
    fields.put("bar", measurement.bar() == null ? null : measurement.bar().toString());
    fields.put("holds", measurement.holds());
    return fields;
  }

  private static List<String> row(Measurement measurement) {
    boolean free = measurement.bar() == null;
    return List.of(
        measurement.name(),
        number(measurement.value()),
        measurement.unit(),
        free ? "" : String.valueOf(measurement.bar()),
        free ? "" : measurement.holds() ? "yes" : "NO");
  }

  private static String number(double value) {
    BigDecimal rounded = new BigDecimal(value).round(FOUR_DIGITS);
    boolean plain = value == 0 || Math.abs(value) >= 1e-4 && Math.abs(value) < 1e12;
    return plain ? rounded.stripTrailingZeros().toPlainString() : rounded.toString();
  }

  private static int width(List<List<String>> rows, int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(1);
  }
}
