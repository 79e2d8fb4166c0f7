package io.loupe.probes.saved;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What saved probes scored then and score now.
 *
 * @param probes with the saved numbers
 * @param now the numbers of each probe, by name
 */
public record Reevaluation(List<SavedProbe> probes, List<Map<String, Double>> now)
    implements Displayable {
  public Reevaluation {
    probes = List.copyOf(probes);
    now = List.copyOf(now);
  }

  /** Returns the largest difference of a saved number to that of now; 0 if all are the same. */
  public double largestDifference() {
    return IntStream.range(0, probes.size()).mapToDouble(this::difference).max().orElseThrow();
  }

  private double difference(int probe) {
    Map<String, Double> saved = probes.get(probe).test();
    Map<String, Double> own = now.get(probe);
    if (!saved.keySet().equals(own.keySet())) {
      return Double.POSITIVE_INFINITY; // a score that is defined for one of them only
    }
    return saved.entrySet().stream()
        .mapToDouble(entry -> Math.abs(entry.getValue() - own.getOrDefault(entry.getKey(), 0.0)))
        .max()
        .orElse(0);
  }

  /** Returns each probe's first number, saved and now, and the largest difference of all. */
  public Table table() {
    Table table = Table.of("place", "seed", "score", "saved", "now", "largest difference");
    for (int i = 0; i < probes.size(); i++) {
      SavedProbe own = probes.get(i);
      String score = own.test().keySet().iterator().next();
      table =
          table.row(
              own.spot(),
              own.seed(),
              score,
              own.test().get(score),
              now.get(i).get(score),
              difference(i));
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "%d saved probes evaluated again, largest difference %s"
        .formatted(probes.size(), largestDifference());
  }
}
