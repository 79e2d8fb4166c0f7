package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.ContinuationMemory;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Donors that are another run's activations; remembers the metric of that run. */
final class RunDonors implements Donors {
  private final HookedTransformer model;
  private final Tokens source;
  private final Metric metric;
  private double @Nullable [] values;

  RunDonors(HookedTransformer model, Tokens source, Metric metric) {
    this.model = model;
    this.source = source;
    this.metric = metric;
  }

  @Override
  public Recorded record(Set<HookPoint> points) {
    Run run = model.run(source, Capture.matching(points::contains));
    if (values == null) {
      values = checked(metric.perExample(run), run);
    }
    return new Recorded() {
      @Override
      public NDArray at(HookPoint point) {
        return run.cache().get(point);
      }

      @Override
      public void close() {
        run.close();
      }
    };
  }

  private static double[] checked(double[] values, Run run) {
    for (int row = 0; row < values.length; row++) {
      if (Double.isNaN(values[row])) {
        run.close();
        throw new IllegalArgumentException(
            "The metric of row %d of the run that is patched from is not a number (NaN); read it by hand: metric.perExample(model.run(tokens))"
                .formatted(row));
      }
    }
    return values;
  }

  /** Returns the metric of the run, [row]. */
  double[] metric() {
    if (values == null) {
      throw new IllegalStateException("the run that is patched from was not made yet");
    }
    return values.clone();
  }

  @Override
  public double[] fingerprint() {
    return metric();
  }

  @Override
  public long kept(Set<HookPoint> points, ContinuationMemory memory) {
    return points.stream().mapToLong(point -> memory.bytes(point.site(), source)).sum();
  }

  @Override
  public long run(ContinuationMemory memory) {
    return memory.run(source);
  }
}
