package io.loupe.probes.transfer;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.SpotFeatures;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.probes.sweep.Trials;
import io.loupe.workbench.site.HookPoint;
import java.util.ArrayList;
import java.util.List;

/**
 * One row and column of a transfer matrix: probes, and the examples that they were trained and
 * tested on.
 *
 * @param name in tables and figures
 * @param features of all examples
 * @param labelled labels and groups of all examples
 * @param trials the probes, one for each seed
 */
public record Side(String name, Features features, Labelled labelled, Trials trials) {
  public Side {
    if (features.rows() != labelled.size()) {
      throw new IllegalArgumentException(
          "Labels are not aligned to features: %d labels, %d rows of %s"
              .formatted(labelled.size(), features.rows(), name));
    }
  }

  /**
   * Returns a side for each place of a sweep: layer x layer.
   *
   * @param features that the sweep was trained on
   */
  public static List<Side> places(ProbeResults results, List<SpotFeatures> features) {
    boolean oneSite =
        features.stream().map(own -> own.spot().point().site()).distinct().count() == 1;
    List<Side> sides = new ArrayList<>();
    for (SpotFeatures own : features) {
      HookPoint point = own.spot().point();
      String site = point.site().name().replaceFirst("^hook_", "");
      String name =
          !point.site().perLayer() ? site : (oneSite ? "layer " : site + " ") + point.layer();
      sides.add(new Side(name, own.features(), results.labelled(), results.at(own.spot())));
    }
    return List.copyOf(sides);
  }
}
