package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.NativeMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The interventions at work in one run, or in all steps of one generation, in their order. */
public final class Applications {
  private final List<Intervention> interventions;
  private final List<Application> applications = new ArrayList<>();
  private final Map<HookPoint, List<Application>> byPoint = new HashMap<>();
  private final Set<HookPoint> read = new HashSet<>();
  private final Memory memory;

  public Applications(List<Intervention> interventions) {
    this(interventions, new Memory());
  }

  private Applications(List<Intervention> interventions, Memory memory) {
    this.memory = memory;
    this.interventions = List.copyOf(interventions);
    for (Intervention intervention : interventions) {
      Application application = new Application(intervention);
      applications.add(application);
      byPoint.computeIfAbsent(intervention.at(), point -> new ArrayList<>()).add(application);
      read.addAll(intervention.reads());
    }
  }

  /**
   * Returns the same interventions for a pass that goes on in the middle of the one that these were
   * at work in: what that one had at earlier points is known.
   */
  public Applications continued() {
    return new Applications(interventions, memory.copy());
  }

  /** Tells whether an intervention acts at the point, or reads it. */
  public boolean at(HookPoint point) {
    return byPoint.containsKey(point) || read.contains(point);
  }

  /** Returns what the interventions make of an activation, and writes their receipts. */
  public NDArray apply(HookPoint point, NDArray activation, Frame frame) {
    NDArray x = activation;
    for (Application application : byPoint.getOrDefault(point, List.of())) {
      x = application.apply(x, frame, memory);
    }
    return remembered(point, x, frame);
  }

  /** Does to an activation what {@link #apply} did to it in an earlier step, without a receipt. */
  public NDArray repeat(HookPoint point, NDArray activation, Frame frame) {
    NDArray x = activation;
    for (Application application : byPoint.getOrDefault(point, List.of())) {
      x = application.repeat(x, frame, memory);
    }
    return remembered(point, x, frame);
  }

  private NDArray remembered(HookPoint point, NDArray activation, Frame frame) {
    if (read.contains(point)) {
      memory.keep(point, activation, frame);
    }
    return activation;
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

  /** What the points that are read had, in the pass of each frame. */
  private static final class Memory implements Seen {
    private record Moment(HookPoint point, int from) {}

    private final Map<Moment, NDArray> kept = new HashMap<>();

    void keep(HookPoint point, NDArray activation, Frame frame) {
      NDArray copy = activation.mul(1); // outlives its layer, and keeps its gradient
      copy.attach(NativeMemory.reachable(activation.getDevice()));
      kept.put(new Moment(point, frame.from()), copy);
    }

    @Override
    public NDArray at(HookPoint point, Frame frame) {
      NDArray activation = kept.get(new Moment(point, frame.from()));
      if (activation == null) {
        throw new IllegalStateException(
            "An intervention reads %s, which this run did not compute before".formatted(point));
      }
      return activation;
    }

    Memory copy() {
      Memory copy = new Memory();
      copy.kept.putAll(kept);
      return copy;
    }
  }
}
