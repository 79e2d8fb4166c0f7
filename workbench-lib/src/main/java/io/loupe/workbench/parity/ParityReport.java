package io.loupe.workbench.parity;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far a model is from the numbers of another implementation.
 *
 * @param model its name or folder
 * @param comparisons what was compared, in the order of the file
 * @param skipped what was not, and why
 */
public record ParityReport(String model, List<Comparison> comparisons, Map<String, String> skipped)
    implements Displayable {
  public ParityReport {
    comparisons = List.copyOf(comparisons);
    skipped = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
  }

  /**
   * One compared tensor.
   *
   * @param kind what kind of number it holds
   * @param tensor its name in the file
   * @param error the largest absolute difference; for generated text, the number of tokens that
   *     differ
   */
  public record Comparison(String kind, String tensor, double error) {}

  /** Returns the comparison with the largest error of each kind. */
  public Map<String, Comparison> worst() {
    Map<String, Comparison> worst = new LinkedHashMap<>();
    for (Comparison comparison : comparisons) {
      worst.merge(comparison.kind(), comparison, (a, b) -> a.error() >= b.error() ? a : b);
    }
    return worst;
  }

  /** Tells whether anything was compared and no error is above the tolerance. */
  public boolean passes(double tolerance) {
    return !comparisons.isEmpty()
        && comparisons.stream().allMatch(comparison -> comparison.error() <= tolerance);
  }

  /** Shows the largest error of each kind, and what was not compared. */
  @Override
  public MimeBundle display() {
    return table().display();
  }

  /** Returns the largest error of each kind, and what was not compared, as a table. */
  public Table table() {
    Table table = Table.of("kind", "tensors", "largest error", "in");
    for (Comparison worst : worst().values()) {
      long count = comparisons.stream().filter(c -> c.kind().equals(worst.kind())).count();
      table = table.row(worst.kind(), count, "%.2e".formatted(worst.error()), worst.tensor());
    }
    for (Map.Entry<String, String> tensor : skipped.entrySet()) {
      table = table.row("not compared", 1, "", tensor.getKey() + ": " + tensor.getValue());
    }
    return table;
  }

  /** Collects comparisons. */
  static final class Builder {
    private final String model;
    private final List<Comparison> comparisons = new ArrayList<>();
    private final Map<String, String> skipped = new LinkedHashMap<>();

    Builder(String model) {
      this.model = model;
    }

    void add(String kind, String tensor, double error) {
      comparisons.add(new Comparison(kind, tensor, error));
    }

    void skipped(String tensor, String reason) {
      skipped.put(tensor, reason);
    }

    ParityReport build() {
      return new ParityReport(model, comparisons, skipped);
    }
  }
}
