package io.loupe.circuits.heads;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.Objects;

/**
 * Which model numbers were read from.
 *
 * @param model its name or folder
 * @param weightsSha256 of the files or parameters
 * @param gauge of the weights: {@code raw}, or {@code folded:} with what was done
 * @param type number format
 * @param interventions of the model, as they print
 */
public record Origin(
    String model, String weightsSha256, String gauge, String type, List<String> interventions) {
  public Origin {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(weightsSha256, "weightsSha256");
    Objects.requireNonNull(gauge, "gauge");
    Objects.requireNonNull(type, "type");
    interventions = List.copyOf(interventions);
  }

  /** Returns a model's. Hashes the weights. */
  public static Origin of(HookedTransformer model) {
    Provenance provenance = model.provenance(Tokens.of(new long[] {0}));
    return new Origin(
        provenance.model(),
        provenance.weightsSha256(),
        provenance.gauge(),
        provenance.type(),
        provenance.interventions());
  }

  /** Returns {@code raw weights} or {@code folded weights}, for titles. */
  public String gaugeLabel() {
    return (gauge.startsWith("folded") ? "folded" : gauge) + " weights";
  }

  @Override
  public String toString() {
    return "%s, weights %s, %s%s"
        .formatted(
            model,
            weightsSha256.substring(0, Math.min(12, weightsSha256.length())),
            gaugeLabel(),
            interventions.isEmpty() ? "" : ", with " + interventions);
  }
}
