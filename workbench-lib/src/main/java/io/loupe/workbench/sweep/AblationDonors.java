package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.ContinuationMemory;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** What ablations write: the same values as the interventions of that name. */
final class AblationDonors implements Donors {
  private final HookedTransformer model;
  private final Ablation ablation;

  AblationDonors(HookedTransformer model, Ablation ablation) {
    this.model = model;
    this.ablation = ablation;
  }

  @Override
  public Recorded record(Set<HookPoint> points) {
    Map<HookPoint, NDArray> values = new HashMap<>();
    if (ablation.reference().isEmpty()) {
      NDArray zero = NativeMemory.reachable(model.device()).zeros(new Shape(1), model.type());
      points.forEach(point -> values.put(point, zero));
    } else {
      Tokens reference = ablation.reference().get();
      try (Run run = model.run(reference, Capture.matching(points::contains))) {
        points.forEach(point -> values.put(point, value(point, run)));
      }
    }
    return new Recorded() {
      @Override
      public NDArray at(HookPoint point) {
        NDArray value = values.get(point);
        if (value == null) {
          throw new IllegalStateException("nothing was recorded for " + point);
        }
        return value;
      }

      @Override
      public void close() {
        Set<NDArray> each = Collections.newSetFromMap(new IdentityHashMap<>());
        each.addAll(values.values()); // zero stands at many points
        each.forEach(NDArray::close);
      }
    };
  }

  private NDArray value(HookPoint point, Run run) {
    Intervention made =
        switch (ablation.kind()) {
          case MEAN -> Interventions.mean(point, run.cache());
          case MEAN_PER_POSITION -> Interventions.meanPerPosition(point, Slice.ALL, run.cache());
          case RESAMPLE -> Interventions.resample(point, Slice.ALL, run.cache(), ablation.seed());
          case ZERO -> throw new IllegalStateException("zero needs no reference");
        };
    return made instanceof Intervention.MeanAblation mean
        ? mean.mean().tensor()
        : ((Intervention.ResampleAblation) made).donors().tensor();
  }

  @Override
  public long kept(Set<HookPoint> points, ContinuationMemory memory) {
    return ablation.reference().stream()
        .mapToLong(
            tokens -> 2 * points.stream().mapToLong(p -> memory.bytes(p.site(), tokens)).sum())
        .sum(); // what was recorded, and what is made of it
  }

  @Override
  public long run(ContinuationMemory memory) {
    return ablation.reference().map(memory::run).orElse(0L);
  }
}
