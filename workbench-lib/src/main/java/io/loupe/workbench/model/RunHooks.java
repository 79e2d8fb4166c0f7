package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.intervention.Applications;
import io.loupe.workbench.intervention.Frame;
import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.NativeMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The hooks of one run: applies interventions in their order, then taps gradients, then captures.
 */
final class RunHooks implements Hooks {
  private final Frame frame;
  private final Capture capture;
  private final Applications applications;
  private final Set<HookPoint> tapped;
  private final Map<HookPoint, NDArray> taps = new HashMap<>();
  private final Map<HookPoint, NDArray> captured = new HashMap<>();
  private final Map<HookPoint, Integer> fired = new HashMap<>();

  /**
   * Prepares a run.
   *
   * @param tapped points whose gradient is wanted; if there are any, the pass is recorded
   */
  RunHooks(Frame frame, Capture capture, Applications applications, Set<HookPoint> tapped) {
    this.frame = frame;
    this.capture = capture;
    this.applications = applications;
    this.tapped = tapped;
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    fired.merge(point, 1, Integer::sum);
    NDArray x = applications.apply(point, activation, frame);
    if (tapped.contains(point)) {
      x = tap(point, x);
    }
    if (capture.wants().test(point)) {
      NDArray kept = kept(point, x);
      if (kept != null) {
        captured.put(point, kept);
      }
    }
    return x;
  }

  @Override
  public boolean wants(HookPoint point) {
    return capture.wants().test(point) || applications.at(point) || tapped.contains(point);
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

  /** Returns what each intervention did, or throws if one did nothing. */
  List<Receipt> receipts() {
    return applications.receipts();
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

  /** Returns null if none of the captured positions is among the computed columns. */
  private @Nullable NDArray kept(HookPoint point, NDArray activation) {
    NDArray x = activation.stopGradient();
    if (!capture.positions().isEmpty()) {
      x = atPositions(point, x);
      if (x == null) {
        return null;
      }
    }
    x = capture.reduction().apply(x);
    DataType type = capture.type().orElse(x.getDataType());
    if (type != x.getDataType()) {
      x = x.toType(type, true);
    } else if (x.size() < activation.size()) {
      x = x.duplicate(); // a view of a part would keep the whole alive
    }
    return NativeMemory.keep(x, activation);
  }

  private @Nullable NDArray atPositions(HookPoint point, NDArray x) {
    int dimension = point.site().positionDimension();
    if (!frame.tokens().isPadded()) {
      return columns(x, 0, (int) x.getShape().get(0), 0, dimension);
    }
    NDList rows = new NDList();
    for (int row = 0; row < frame.tokens().batch(); row++) {
      NDArray own = columns(x, row, row + 1, row, dimension);
      if (own != null) {
        rows.add(own);
      }
    }
    return rows.isEmpty() ? null : joined(rows, 0);
  }

  private @Nullable NDArray columns(
      NDArray x, int fromRow, int toRow, int tokenRow, int dimension) {
    NDList parts = new NDList();
    for (int position : capture.positions()) {
      int column = column(tokenRow, position);
      if (column >= 0) {
        NDIndex index = new NDIndex().addSliceDim(fromRow, toRow);
        parts.add(x.get(index.addAllDim(dimension - 1).addSliceDim(column, column + 1)));
      }
    }
    return parts.isEmpty() ? null : joined(parts, dimension);
  }

  /** Returns where a position stands in the activation; -1 or less if in another step. */
  private int column(int row, int position) {
    boolean later = frame.growing() && position >= frame.tokens().length(row);
    return later ? -1 : frame.tokens().column(row, position) - frame.from();
  }

  private static NDArray joined(NDList parts, int dimension) {
    return parts.size() == 1
        ? parts.get(0)
        : parts.get(0).getNDArrayInternal().concat(parts.subNDList(1), dimension);
  }
}
