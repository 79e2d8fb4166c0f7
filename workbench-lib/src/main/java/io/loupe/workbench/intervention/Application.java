package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One intervention at work: applies it and writes its receipt. */
public final class Application {
  private final Intervention intervention;
  private final List<List<Long>> shapes = new ArrayList<>();
  private double squaredNorm;

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
    if (intervention instanceof Intervention.Add add) {
      checkVector(add, config);
    }
  }

  /**
   * Returns the edited activation, in the manager of the given one, which is left alone; the given
   * one itself if the slice has nothing in the frame.
   */
  NDArray apply(NDArray activation, Frame frame) {
    NDArray edited = repeat(activation, frame);
    if (edited != activation) {
      shapes.add(Arrays.stream(activation.getShape().getShape()).boxed().toList());
      note(activation, edited);
    }
    return edited;
  }

  /** Returns the edited activation without noting that it was edited. */
  NDArray repeat(NDArray activation, Frame frame) {
    Site site = intervention.at().site();
    if (intervention.slice().isAll()) {
      NDArray replacement = intervention.replacement(activation, frame);
      return replacement == null ? activation : whole(replacement, activation);
    }
    NDArray mask = SliceMask.of(intervention.slice(), site, activation, frame);
    NDArray replacement = mask == null ? null : intervention.replacement(activation, frame);
    return mask == null || replacement == null
        ? activation
        : Tensors.where(mask, replacement, activation);
  }

  /** Returns what happened so far. */
  Receipt receipt() {
    return new Receipt(intervention, shapes.size(), shapes, Math.sqrt(squaredNorm));
  }

  /** A replacement may be smaller than the activation, and may belong to somebody else. */
  private static NDArray whole(NDArray replacement, NDArray activation) {
    return activation.zerosLike().add(replacement);
  }

  /** Entries that stay as they are count nothing, infinite ones (hidden scores) too. */
  private void note(NDArray before, NDArray after) {
    try (NDManager scope = before.getManager().newSubManager()) {
      NDArray from = before.stopGradient();
      NDArray to = after.stopGradient();
      from.attach(scope);
      to.attach(scope);
      NDArray change = Tensors.where(to.eq(from), from.zerosLike(), to.sub(from));
      double norm = Tensors.doubles(Tensors.wide(change).norm())[0];
      squaredNorm += norm * norm;
    }
  }

  private static void checkVector(Intervention.Add add, ModelConfig config) {
    var axes = add.at().site().axes();
    long[] shape = add.vector().tensor().getShape().getShape();
    long expected = SliceMask.size(axes.get(axes.size() - 1), config);
    if (shape.length == 0
        || (shape[shape.length - 1] != expected && shape[shape.length - 1] != 1)) {
      throw new IllegalArgumentException(
          "A vector added at %s needs length %d (%s); got shape %s"
              .formatted(
                  add.at(), expected, axes.get(axes.size() - 1), add.vector().tensor().getShape()));
    }
  }
}
