package io.loupe.probes.causal;

import io.loupe.probes.data.Spot;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.probes.sweep.Trial;
import io.loupe.probes.sweep.Trials;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.steering.SteeringVector;
import java.util.Arrays;
import java.util.List;

/**
 * The direction of a linear probe, to be added to activations or taken out of them: {@code
 * model.with(direction.vector().add(1))}. Its length is the distance, along the direction, of the
 * mean training example of the class to that of the others: added once, it makes an average other
 * example an average one of the class, as far as this probe can see. Of a number it is one standard
 * deviation of the predictions.
 *
 * @param spot where the probe reads
 * @param label of the class, tag or number
 * @param vector the direction with that length
 * @param score the probe's test score, mean over seeds
 * @param selectivity above the control task, mean over seeds; NaN without one
 */
public record ProbeDirection(
    Spot spot, String label, SteeringVector vector, double score, double selectivity)
    implements Displayable {

  /**
   * Returns the direction of a place's probe, of the first seed.
   *
   * @param label of the class, tag or number, as the labels name it
   * @throws IllegalArgumentException if there is no such place or label, the probe is not linear,
   *     or the place has no vector at each position
   */
  public static ProbeDirection of(ProbeResults results, Spot spot, String label) {
    List<String> names = results.labelled().labels().names();
    int output = names.indexOf(label);
    if (output < 0) {
      throw new IllegalArgumentException(
          "These probes tell nothing of '%s'; they tell of %s".formatted(label, names));
    }
    Trials trials = results.at(spot);
    Trial first = trials.first();
    double[] direction = first.probe().direction(output);
    double square = Arrays.stream(direction).map(x -> x * x).sum();
    double length = first.separations()[output];
    if (square == 0 || !Double.isFinite(length)) {
      throw new IllegalArgumentException(
          "The probe at %s has no direction of '%s': its features do not vary, or training had no example"
              .formatted(spot, label));
    }
    double[] scaled = Arrays.stream(direction).map(x -> x * length / square).toArray();
    String method =
        "direction of '%s' of a probe of %s (%s, %s), %s"
            .formatted(
                label, results.labelled().name(), first.trainer(), first.setting(), spot.pooling());
    SteeringVector vector =
        SteeringVector.of(spot.point(), scaled, method, results.origin().model());
    return new ProbeDirection(spot, label, vector, trials.value(), trials.selectivity());
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString());
  }

  @Override
  public String toString() {
    return "%s; probe's score %.3f, selectivity %.3f".formatted(vector, score, selectivity);
  }
}
