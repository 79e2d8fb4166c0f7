package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Applications;
import io.loupe.workbench.intervention.Frame;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import java.util.List;

/**
 * The hooks of a generation's step that computes all columns anew: the columns of earlier steps get
 * the edits that they got then, and those that are new to this step go through its own hooks.
 */
final class StepwiseHooks implements Hooks {
  private final List<Frame> earlier;
  private final Frame newest;
  private final Applications applications;
  private final RunHooks own;

  /**
   * Prepares a step.
   *
   * @param earlier the frames of the steps before it, in their order
   * @param newest this step's frame
   */
  StepwiseHooks(List<Frame> earlier, Frame newest, Applications applications, RunHooks own) {
    this.earlier = earlier;
    this.newest = newest;
    this.applications = applications;
    this.own = own;
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    if (earlier.isEmpty()) {
      return own.at(point, activation);
    }
    int dimension = point.site().positionDimension();
    int newColumns = newest.to() - newest.from();
    NDArray last = columns(activation, dimension, newest.from(), newColumns);
    NDArray edited = own.at(point, last);
    if (!applications.at(point)) {
      return activation;
    }
    NDList parts = new NDList();
    for (Frame frame : earlier) {
      parts.add(repeated(point, activation, dimension, frame));
    }
    parts.add(edited);
    return parts.get(0).getNDArrayInternal().concat(parts.subNDList(1), dimension);
  }

  /** An earlier step knew the keys up to its own end only. */
  private NDArray repeated(HookPoint point, NDArray activation, int dimension, Frame frame) {
    NDArray then = columns(activation, dimension, frame.from(), frame.to() - frame.from());
    if (!point.site().has(Axis.KEY_POS)) {
      return applications.repeat(point, then, frame);
    }
    int keys = point.site().dimension(Axis.KEY_POS);
    NDArray known = columns(then, keys, 0, frame.to());
    NDArray unknown = columns(then, keys, frame.to(), newest.to() - frame.to());
    NDArray edited = applications.repeat(point, known, frame);
    return edited.getNDArrayInternal().concat(new NDList(unknown), keys);
  }

  private static NDArray columns(NDArray x, int dimension, int from, int count) {
    return x.get(new NDIndex().addAllDim(dimension).addSliceDim(from, from + count));
  }

  @Override
  public boolean wants(HookPoint point) {
    return own.wants(point);
  }

  @Override
  public boolean differentiable() {
    return false;
  }
}
