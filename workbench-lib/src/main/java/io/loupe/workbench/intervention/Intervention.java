package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An edit of one activation, or of a slice of it: data that prints, compares and is kept with the
 * result. Made by the factories of {@link Interventions}; applied by {@code model.with(...)}, which
 * checks it against the model.
 */
public sealed interface Intervention
    permits Intervention.ZeroAblation,
        Intervention.MeanAblation,
        Intervention.ResampleAblation,
        Intervention.Patch,
        Intervention.Copy,
        Intervention.Add,
        Intervention.Scale,
        Intervention.ScaleDirections,
        Intervention.Gate,
        Intervention.Noise,
        Intervention.Edit,
        AttentionIntervention,
        KeyValueIntervention,
        PositionIntervention {
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
   * @param seen what the points in {@link #reads} had before in the same pass
   * @return null if what is written was recorded from a text that ends before these columns
   */
  @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen);

  /** Returns the points earlier in the same pass that it reads. */
  default List<HookPoint> reads() {
    return List.of();
  }

  /**
   * Throws {@code IllegalArgumentException} naming what exists if the model has not what it needs;
   * point and slice are checked apart from this.
   */
  default void check(ModelConfig config) {}

  /**
   * Throws {@code IllegalArgumentException} if what became of the activation cannot be gone on
   * with.
   *
   * @param edited the whole activation, the slice changed
   */
  default void verify(NDArray edited, Frame frame) {}

  /**
   * Sets the slice to zero. Not invariant under a change of the weights' gauge: say which one, or
   * take the mean.
   */
  record ZeroAblation(HookPoint at, Slice slice) implements Intervention {
    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
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
    public @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen) {
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
    public @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      return matching(donors, activation, at, frame);
    }
  }

  /**
   * Sets the slice to what it was in another run: activation patching (Vig et al. 2020; Meng et al.
   * 2022).
   */
  record Patch(HookPoint at, Slice slice, Value value) implements Intervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      return matching(value, activation, at, frame);
    }
  }

  /**
   * Sets the slice to what an earlier point of the same run has: another layer's pattern, another
   * head's values, the stream before a layer that is to be skipped.
   *
   * @param from an earlier point with the same axes
   * @param head the head of that point that every head in the slice gets; empty for each its own
   */
  record Copy(HookPoint at, Slice slice, HookPoint from, OptionalInt head) implements Intervention {
    @Override
    public List<HookPoint> reads() {
      return List.of(from);
    }

    @Override
    public void check(ModelConfig config) {
      config.require(from);
      List<Axis> axes = at.site().axes();
      if (from.compareTo(at) > 0 || !from.site().axes().equals(axes)) {
        throw new IllegalArgumentException(
            "What %s %s is set to must come before it and have its axes; %s %s does not"
                .formatted(at, axes, from, from.site().axes()));
      }
      if (head.isPresent()) {
        SliceMask.check(Slice.at(headAxis(axes), head.getAsInt()), from, config);
      }
    }

    private static Axis headAxis(List<Axis> axes) {
      return axes.contains(Axis.KV_HEAD) ? Axis.KV_HEAD : Axis.HEAD;
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDArray source = from.equals(at) ? activation : seen.at(from, frame);
      if (head.isEmpty()) {
        return source;
      }
      int dimension = at.site().dimension(headAxis(at.site().axes()));
      int index = head.getAsInt();
      return source.get(new NDIndex().addAllDim(dimension).addSliceDim(index, index + 1));
    }
  }

  /**
   * Adds a multiple of a vector.
   *
   * @param vector broadcasts to the activation, e.g. [d_model] at a residual stream
   */
  record Add(HookPoint at, Slice slice, Value vector, double coefficient) implements Intervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDArray aligned = frame.align(vector.tensor(), at.site(), activation);
      return aligned == null
          ? null
          : activation.add(aligned.toType(activation.getDataType(), false).mul(coefficient));
    }

    @Override
    public void check(ModelConfig config) {
      requireLength(at, vector, config, true);
    }
  }

  /** Multiplies the slice by a number. */
  record Scale(HookPoint at, Slice slice, double factor) implements Intervention {
    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      return activation.mul(factor);
    }
  }

  /**
   * Multiplies the part of the activation that lies in the span of some directions and leaves the
   * rest: factor 0 projects them out (Ravfogel et al. 2020; Elazar et al. 2021), -1 turns them
   * round.
   *
   * @param basis [directions, length of the site's last axis], orthonormal
   */
  record ScaleDirections(HookPoint at, Slice slice, Value basis, double factor)
      implements Intervention {
    @Override
    public void check(ModelConfig config) {
      requireLength(at, basis, config, false);
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      try (NDManager scope = activation.getManager().newSubManager()) {
        NDArray own = basis.tensor().toType(activation.getDataType(), true);
        own.attach(scope);
        NDArray x = activation.mul(1); // of its own, so that what is made of it goes with the scope
        x.attach(scope);
        NDArray part = x.matMul(own.transpose()).matMul(own); // [..., length]
        NDArray changed = x.add(part.mul(factor - 1));
        changed.attach(activation.getManager());
        return changed;
      }
    }
  }

  /**
   * Multiplies each head by a number of its own: 0 shuts it, 1 leaves it (Michel et al. 2019).
   *
   * @param gates one for each head of the layer
   */
  record Gate(HookPoint at, Slice slice, List<Double> gates) implements Intervention {
    public Gate {
      gates = List.copyOf(gates);
    }

    @Override
    public void check(ModelConfig config) {
      int heads = at.site().has(Axis.HEAD) ? config.heads() : -1;
      if (gates.size() != heads) {
        throw new IllegalArgumentException(
            "Gates at %s need one number for each of %d heads; got %d"
                .formatted(at, config.heads(), gates.size()));
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      long[] shape = new long[activation.getShape().dimension()];
      Arrays.fill(shape, 1);
      shape[at.site().dimension(Axis.HEAD)] = gates.size();
      double[] values = gates.stream().mapToDouble(Double::doubleValue).toArray();
      NDArray factors = activation.getManager().create(values, new Shape(shape));
      return activation.mul(factors.toType(activation.getDataType(), false));
    }
  }

  /**
   * Adds Gaussian noise, drawn for each row and position from the seed: the same in every run, and
   * in generation the same whether steps are cached or not.
   *
   * @param sigma the noise's standard deviation, in the activation's unit
   */
  record Noise(HookPoint at, Slice slice, double sigma, long seed) implements Intervention {
    @Override
    public void check(ModelConfig config) {
      if (at.site().axes().indexOf(Axis.POS) != 1) {
        throw new IllegalArgumentException(
            "Noise is drawn for each position, where axis 1 is POS; %s has %s"
                .formatted(at, at.site().axes()));
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      return activation.add(GaussianNoise.like(activation, frame, sigma, seed));
    }
  }

  /**
   * Sets the slice to whatever a function makes of the activation.
   *
   * @param name how the edit is recorded in receipts and provenance
   */
  record Edit(HookPoint at, Slice slice, String name, Hook hook) implements Intervention {
    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDArray edited = hook.apply(activation.mul(1)); // a copy that gradients flow through
      if (!edited.getShape().equals(activation.getShape())) {
        throw new IllegalArgumentException(
            "Edit '%s' at %s must return the shape it was given, %s; it returned %s"
                .formatted(name, at, activation.getShape(), edited.getShape()));
      }
      return edited;
    }
  }

  /** Refuses a vector whose length is not that of the site's last axis. */
  private static void requireLength(
      HookPoint at, Value vector, ModelConfig config, boolean oneBroadcasts) {
    List<Axis> axes = at.site().axes();
    Axis last = axes.get(axes.size() - 1);
    long[] shape = vector.tensor().getShape().getShape();
    long expected = SliceMask.size(last, config);
    long length = shape.length == 0 ? 0 : shape[shape.length - 1];
    if (length != expected && !(oneBroadcasts && length == 1)) {
      throw new IllegalArgumentException(
          "A vector at %s needs length %d (%s); got shape %s"
              .formatted(at, expected, last, vector.tensor().getShape()));
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
