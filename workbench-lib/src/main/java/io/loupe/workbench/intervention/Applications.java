package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The interventions at work in one run, or in all steps of one generation, in their order. */
public final class Applications {
  private final List<Intervention> interventions;
  private final List<Application> applications = new ArrayList<>();
  private final Map<HookPoint, List<Application>> byPoint = new HashMap<>();

  public Applications(List<Intervention> interventions) {
    this.interventions = List.copyOf(interventions);
    for (Intervention intervention : interventions) {
      Application application = new Application(intervention);
      applications.add(application);
      byPoint.computeIfAbsent(intervention.at(), point -> new ArrayList<>()).add(application);
    }
  }

  /** Tells whether an intervention acts at the point. */
  public boolean at(HookPoint point) {
    return byPoint.containsKey(point);
  }

  /** Returns what the interventions make of an activation, and writes their receipts. */
  public NDArray apply(HookPoint point, NDArray activation, Frame frame) {
    NDArray x = activation;
    for (Application application : byPoint.getOrDefault(point, List.of())) {
      x = application.apply(x, frame);
    }
    return x;
  }

  /** Does to an activation what {@link #apply} did to it in an earlier step, without a receipt. */
  public NDArray repeat(HookPoint point, NDArray activation, Frame frame) {
    NDArray x = activation;
    for (Application application : byPoint.getOrDefault(point, List.of())) {
      x = application.repeat(x, frame);
    }
    return x;
  }

  /**
   * Returns what each intervention did.
   *
   * @throws NeverFiredException if one did nothing
   */
  public List<Receipt> receipts() {
    List<Receipt> receipts = applications.stream().map(Application::receipt).toList();
    List<Intervention> idle = new ArrayList<>();
    for (int i = 0; i < receipts.size(); i++) {
      if (receipts.get(i).fired() == 0) {
        idle.add(interventions.get(i));
      }
    }
    if (!idle.isEmpty()) {
      throw new NeverFiredException(idle);
    }
    return receipts;
  }
}
