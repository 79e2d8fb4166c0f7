package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.RecordedPass;
import io.loupe.workbench.site.HookPoint;
import java.util.Set;

/**
 * A further loss, on what passes hook points in each step: an attention penalty, a wish for sparse
 * neurons.
 *
 * @param name of its curve
 * @param weight what it is multiplied with before it is added; above 0
 * @param points which activations it reads
 * @param loss one number from these
 */
public record Penalty(String name, double weight, Set<HookPoint> points, Loss loss) {
  public Penalty {
    points = Set.copyOf(points);
    if (!(weight > 0) || Double.isInfinite(weight) || points.isEmpty()) {
      throw new IllegalArgumentException(
          "A penalty needs a weight above 0 and at least one hook point; got %s and %s"
              .formatted(weight, points));
    }
  }

  /** A number from activations, made of differentiable operations. */
  @FunctionalInterface
  public interface Loss {
    /**
     * Computes it.
     *
     * @param pass what the model said in this step, and {@link RecordedPass#at} the points
     * @return one number
     */
    NDArray of(RecordedPass pass, TrainingBatch batch);
  }

  @Override
  public String toString() {
    return "%s, %s times, of %s".formatted(name, weight, points.stream().sorted().toList());
  }
}
