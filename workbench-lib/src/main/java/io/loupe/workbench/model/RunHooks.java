package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.intervention.Application;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.NeverFiredException;
import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The hooks of one run: applies interventions in their order, then taps gradients, then captures.
 */
final class RunHooks implements Hooks {
  private final Tokens tokens;
  private final Capture capture;
  private final List<Intervention> interventions;
  private final List<Application> applications = new ArrayList<>();
  private final Map<HookPoint, List<Application>> byPoint = new HashMap<>();
  private final Set<HookPoint> tapped;
  private final Map<HookPoint, NDArray> taps = new HashMap<>();
  private final Map<HookPoint, NDArray> captured = new HashMap<>();
  private final Map<HookPoint, Integer> fired = new HashMap<>();

  /**
   * Prepares a run.
   *
   * @param tapped points whose gradient is wanted; if there are any, the pass is recorded
   */
  RunHooks(
      Tokens tokens, Capture capture, List<Intervention> interventions, Set<HookPoint> tapped) {
    this.tokens = tokens;
    this.capture = capture;
    this.interventions = interventions;
    this.tapped = tapped;
    for (Intervention intervention : interventions) {
      Application application = new Application(intervention, tokens);
      applications.add(application);
      byPoint.computeIfAbsent(intervention.at(), point -> new ArrayList<>()).add(application);
    }
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    fired.merge(point, 1, Integer::sum);
    NDArray x = activation;
    for (Application application : byPoint.getOrDefault(point, List.of())) {
      x = application.apply(x);
    }
    if (tapped.contains(point)) {
      x = tap(point, x);
    }
    if (capture.wants().test(point)) {
      captured.put(point, kept(point, x));
    }
    return x;
  }

  @Override
  public boolean wants(HookPoint point) {
    return capture.wants().test(point) || byPoint.containsKey(point) || tapped.contains(point);
  }

  @Override
  public boolean differentiable() {
    return !tapped.isEmpty();
  }

  Map<HookPoint, NDArray> captured() {
    return captured;
  }

  Map<HookPoint, Integer> fired() {
    return fired;
  }

  /**
   * Returns the zeros that were added at a point; their gradient is the gradient of the activation.
   */
  NDArray tap(HookPoint point) {
    NDArray tap = taps.get(point);
    if (tap == null) {
      throw new IllegalStateException("The run never came to " + point);
    }
    return tap;
  }

  /** Returns what each intervention did, or throws if one did nothing. */
  List<Receipt> receipts() {
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

  /**
   * An activation inside the graph has no gradient of its own to read, so zeros that have one are
   * added to it.
   */
  private NDArray tap(HookPoint point, NDArray x) {
    NDArray zeros = x.stopGradient().zerosLike();
    zeros.attach(NativeMemory.reachable(x.getDevice()));
    zeros.setRequiresGradient(true);
    taps.put(point, zeros);
    return x.add(zeros);
  }

  private NDArray kept(HookPoint point, NDArray activation) {
    NDArray x = activation.stopGradient();
    if (!capture.positions().isEmpty()) {
      x = atPositions(point, x);
    }
    x = capture.reduction().apply(x);
    DataType type = capture.type().orElse(x.getDataType());
    if (type != x.getDataType()) {
      x = x.toType(type, true);
    } else if (x.size() < activation.size()) {
      x = x.duplicate(); // a view of a part would keep the whole alive
    }
    return NativeMemory.keep(x);
  }

  private NDArray atPositions(HookPoint point, NDArray x) {
    int dimension = point.site().dimension(point.site().has(Axis.POS) ? Axis.POS : Axis.QUERY_POS);
    if (!tokens.isPadded()) {
      return columns(x, 0, (int) x.getShape().get(0), 0, dimension);
    }
    NDList rows = new NDList();
    for (int row = 0; row < tokens.batch(); row++) {
      rows.add(columns(x, row, row + 1, row, dimension));
    }
    return joined(rows, 0);
  }

  private NDArray columns(NDArray x, int fromRow, int toRow, int tokenRow, int dimension) {
    NDList parts = new NDList();
    for (int position : capture.positions()) {
      int column = tokens.column(tokenRow, position);
      NDIndex index = new NDIndex().addSliceDim(fromRow, toRow);
      parts.add(x.get(index.addAllDim(dimension - 1).addSliceDim(column, column + 1)));
    }
    return joined(parts, dimension);
  }

  private static NDArray joined(NDList parts, int dimension) {
    return parts.size() == 1
        ? parts.get(0)
        : parts.get(0).getNDArrayInternal().concat(parts.subNDList(1), dimension);
  }
}
