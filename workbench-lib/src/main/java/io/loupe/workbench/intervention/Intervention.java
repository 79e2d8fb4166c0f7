package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * An edit of one activation, or of a slice of it: data that prints, compares and is kept with the
 * result. Made by the factories of {@link Interventions}; applied by {@code model.with(...)}, which
 * checks it against the model.
 */
public sealed interface Intervention {
  /** Returns where it applies. */
  HookPoint at();

  /** Returns which part of the activation it changes; the rest stays as it is, bit by bit. */
  Slice slice();

  /**
   * Returns what the slice becomes: a tensor that broadcasts to the activation's shape. What stands
   * outside of the slice is ignored.
   *
   * @param activation [site's axes]; must not be changed
   * @param frame which columns it holds
   * @return null if what is written was recorded from a text that ends before these columns
   */
  @Nullable NDArray replacement(NDArray activation, Frame frame);

  /**
   * Sets the slice to zero. Not invariant under a change of the weights' gauge: say which one, or
   * take the mean.
   */
  record ZeroAblation(HookPoint at, Slice slice) implements Intervention {
    @Override
    public NDArray replacement(NDArray activation, Frame frame) {
      return activation.zerosLike();
    }
  }

  /**
   * Sets the slice to a mean over a reference set (Wang et al. 2022).
   *
   * @param mean broadcasts to the activation: [1, 1, ...] over positions too, or [1, pos, ...] for
   *     each position
   */
  record MeanAblation(HookPoint at, Slice slice, Value mean) implements Intervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame) {
      return matching(mean, activation, at, frame);
    }
  }

  /**
   * Sets the slice of each row to that of another row of a reference set (Chan et al. 2022).
   *
   * @param donors [batch, ...]: the rows' new activations, drawn when the intervention was made
   * @param seed what they were drawn with
   */
  record ResampleAblation(HookPoint at, Slice slice, Value donors, long seed)
      implements Intervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame) {
      return matching(donors, activation, at, frame);
    }
  }

  /**
   * Sets the slice to what it was in another run: activation patching (Vig et al. 2020; Meng et al.
   * 2022).
   */
  record Patch(HookPoint at, Slice slice, Value value) implements Intervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame) {
      return matching(value, activation, at, frame);
    }
  }

  /**
   * Adds a multiple of a vector.
   *
   * @param vector broadcasts to the activation, e.g. [d_model] at a residual stream
   */
  record Add(HookPoint at, Slice slice, Value vector, double coefficient) implements Intervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame) {
      NDArray aligned = frame.align(vector.tensor(), at.site(), activation);
      return aligned == null
          ? null
          : activation.add(aligned.toType(activation.getDataType(), false).mul(coefficient));
    }
  }

  /** Multiplies the slice by a number. */
  record Scale(HookPoint at, Slice slice, double factor) implements Intervention {
    @Override
    public NDArray replacement(NDArray activation, Frame frame) {
      return Tensors.times(activation, factor);
    }
  }

  /**
   * Sets the slice to whatever a function makes of the activation.
   *
   * @param name how the edit is recorded in receipts and provenance
   */
  record Edit(HookPoint at, Slice slice, String name, Hook hook) implements Intervention {
    @Override
    public NDArray replacement(NDArray activation, Frame frame) {
      NDArray edited = hook.apply(activation.duplicate());
      if (!edited.getShape().equals(activation.getShape())) {
        throw new IllegalArgumentException(
            "Edit '%s' at %s must return the shape it was given, %s; it returned %s"
                .formatted(name, at, activation.getShape(), edited.getShape()));
      }
      return edited;
    }
  }

  private static @Nullable NDArray matching(
      Value value, NDArray activation, HookPoint at, Frame frame) {
    NDArray aligned = frame.align(value.tensor(), at.site(), activation);
    if (aligned == null) {
      return null;
    }
    long[] from = aligned.getShape().getShape();
    long[] to = activation.getShape().getShape();
    boolean broadcasts = from.length == to.length;
    for (int i = 0; broadcasts && i < to.length; i++) {
      broadcasts = from[i] == to[i] || from[i] == 1;
    }
    if (!broadcasts) {
      throw new IllegalArgumentException(
          "At %s the activation has the shape %s, but what replaces it has %s (%s); record it from a run of the same batch and length"
              .formatted(at, activation.getShape(), value.tensor().getShape(), value.source()));
    }
    return aligned.toType(activation.getDataType(), false);
  }
}
