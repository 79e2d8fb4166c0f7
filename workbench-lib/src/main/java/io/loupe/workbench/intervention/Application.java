package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One intervention at work in one run: applies it and writes its receipt. */
public final class Application {
  private final Intervention intervention;
  private final Tokens tokens;
  private final List<List<Long>> shapes = new ArrayList<>();
  private double squaredNorm;

  /** Prepares an intervention for a run on the tokens. */
  public Application(Intervention intervention, Tokens tokens) {
    this.intervention = intervention;
    this.tokens = tokens;
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

  /** Returns the edited activation, in the manager of the given one, which is left alone. */
  public NDArray apply(NDArray activation) {
    shapes.add(Arrays.stream(activation.getShape().getShape()).boxed().toList());
    NDArray replacement = intervention.replacement(activation);
    NDArray edited =
        intervention.slice().isAll()
            ? whole(replacement, activation)
            : Tensors.where(mask(activation), replacement, activation);
    note(activation, edited);
    return edited;
  }

  /** Returns what happened so far. */
  public Receipt receipt() {
    return new Receipt(intervention, shapes.size(), shapes, Math.sqrt(squaredNorm));
  }

  private NDArray mask(NDArray activation) {
    return SliceMask.of(intervention.slice(), intervention.at().site(), activation, tokens);
  }

  /** A replacement may be smaller than the activation, and may belong to somebody else. */
  private static NDArray whole(NDArray replacement, NDArray activation) {
    return activation.zerosLike().add(replacement);
  }

  private void note(NDArray before, NDArray after) {
    try (NDManager scope = before.getManager().newSubManager()) {
      NDArray change = after.stopGradient();
      change.attach(scope);
      double norm = Tensors.doubles(change.sub(before.stopGradient()).norm())[0];
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
