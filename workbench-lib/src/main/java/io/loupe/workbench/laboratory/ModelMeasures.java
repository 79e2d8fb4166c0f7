package io.loupe.workbench.laboratory;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a small model can do.
 *
 * @param model its name
 * @param weightsSha256 of its weights
 * @param values names of measures to numbers, in order
 */
public record ModelMeasures(String model, String weightsSha256, Map<String, Double> values)
    implements Displayable {
  private static final int SHOWN = 12;

  public ModelMeasures {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  static ModelMeasures of(HookedTransformer model, Map<String, Double> values) {
    return new ModelMeasures(
        model.name(), model.provenance(Tokens.of(new long[] {0})).weightsSha256(), values);
  }

  /**
   * Returns a measure.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public double value(String measure) {
    Double value = values.get(measure);
    if (value == null) {
      throw new IllegalArgumentException(
          "There is no measure '%s'; there are %s".formatted(measure, values.keySet()));
    }
    return value;
  }

  /** Shows the measures. */
  public Table table() {
    Table table = Table.of("measure", "value");
    for (Map.Entry<String, Double> measure : values.entrySet()) {
      table = table.row(measure.getKey(), measure.getValue());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display();
  }

  @Override
  public String toString() {
    return "%s (weights %s)%n%s"
        .formatted(
            model, weightsSha256.substring(0, Math.min(SHOWN, weightsSha256.length())), table());
  }
}
