package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One intervention at work: applies it and writes its receipt. */
public final class Application {
  private final Intervention intervention;
  private final List<List<Long>> shapes = new ArrayList<>();
  private double squaredNorm;
  private long edges;

  Application(Intervention intervention) {
    this.intervention = intervention;
  }

  /**
   * Throws {@code IllegalArgumentException} naming what exists if the model has not what the
   * intervention names.
   */
  public static void check(Intervention intervention, ModelConfig config) {
    config.require(intervention.at());
    SliceMask.check(intervention.slice(), intervention.at(), config);
    intervention.check(config);
  }

  /**
   * Returns the edited activation, in the manager of the given one, which is left alone; the given
   * one itself if the slice has nothing in the frame.
   */
  NDArray apply(NDArray activation, Frame frame, Seen seen) {
    NDArray edited = repeat(activation, frame, seen);
    if (edited != activation) {
      shapes.add(Arrays.stream(activation.getShape().getShape()).boxed().toList());
      note(activation, edited);
    }
    return edited;
  }

  /** Returns the edited activation without noting that it was edited. */
  NDArray repeat(NDArray activation, Frame frame, Seen seen) {
    Slice slice = intervention.slice();
    if (!slice.steps().contains(frame.step())) {
      return activation;
    }
    NDArray mask = null;
    if (!slice.isAll()) {
      mask = SliceMask.of(slice, intervention.at().site(), activation, frame);
      if (mask == null) {
        return activation;
      }
    }
    NDArray replacement = intervention.replacement(activation, frame, seen);
    if (replacement == null) {
      return activation;
    }
    NDArray edited =
        mask == null
            ? whole(replacement, activation)
            : Tensors.where(mask, replacement, activation);
    intervention.verify(edited, frame);
    return edited;
  }

  /** Returns what happened so far. */
  Receipt receipt() {
    return new Receipt(intervention, shapes.size(), shapes, Math.sqrt(squaredNorm), edges);
  }

  /** A replacement may be smaller than the activation, and may belong to somebody else. */
  private static NDArray whole(NDArray replacement, NDArray activation) {
    return activation.zerosLike().add(replacement);
  }

  /**
   * Entries that stay as they are count nothing, infinite ones (hidden scores) too; those that are
   * hidden or shown have no size and are counted.
   */
  private void note(NDArray before, NDArray after) {
    try (NDManager scope = before.getManager().newSubManager()) {
      NDArray from = before.stopGradient();
      NDArray to = after.stopGradient();
      from.attach(scope);
      to.attach(scope);
      NDArray toggled =
          from.eq(Double.NEGATIVE_INFINITY).logicalXor(to.eq(Double.NEGATIVE_INFINITY));
      NDArray still = to.eq(from).logicalOr(toggled);
      NDArray change = Tensors.where(still, from.zerosLike(), to.sub(from));
      edges += toggled.sum().toType(DataType.INT64, false).getLong();
      double norm = Tensors.doubles(Tensors.wide(change).norm())[0];
      squaredNorm += norm * norm;
    }
  }
}
