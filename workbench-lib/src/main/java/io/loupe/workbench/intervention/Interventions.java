package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Makes interventions: {@code model.with(zero(head(3, 5))).run(tokens)}. Those on heads edit {@link
 * Sites#Z}, each head's mixed values before the output projection, as pruning and ablation studies
 * do; the output bias, which belongs to no head, stays.
 */
public final class Interventions {
  private Interventions() {}

  // zero ablation

  public static Intervention zero(Head head) {
    return zero(Sites.Z.at(head.layer()), Slice.at(Axis.HEAD, head.index()));
  }

  /** Ablates several heads: one intervention for each layer that has some. */
  public static List<Intervention> zero(HeadSet heads) {
    return perLayer(heads, layer -> zero(Sites.Z.at(layer), slice(heads, layer)));
  }

  public static Intervention zero(HookPoint at) {
    return zero(at, Slice.ALL);
  }

  public static Intervention zero(HookPoint at, Slice slice) {
    return new Intervention.ZeroAblation(at, slice);
  }

  // mean ablation

  /**
   * Sets a head to its mean over all tokens of a reference run, in which {@link Sites#Z} of its
   * layer was captured.
   */
  public static Intervention mean(Head head, Recording reference) {
    return mean(Sites.Z.at(head.layer()), Slice.at(Axis.HEAD, head.index()), reference);
  }

  public static List<Intervention> mean(HeadSet heads, Recording reference) {
    return perLayer(heads, layer -> mean(Sites.Z.at(layer), slice(heads, layer), reference));
  }

  public static Intervention mean(HookPoint at, Recording reference) {
    return mean(at, Slice.ALL, reference);
  }

  /** Sets the slice to the mean over the reference's rows and positions, padding left out. */
  public static Intervention mean(HookPoint at, Slice slice, Recording reference) {
    return new Intervention.MeanAblation(at, slice, Means.overTokens(at, reference));
  }

  /**
   * Sets the slice at each position to the mean over the reference's rows at that position; they
   * must not be padded.
   */
  public static Intervention meanPerPosition(HookPoint at, Slice slice, Recording reference) {
    return new Intervention.MeanAblation(at, slice, Means.perPosition(at, reference));
  }

  /**
   * Returns the mean over the reference's rows and positions, padding left out, in a shape that
   * broadcasts to the activation: [1, 1, ...].
   */
  public static Value meanOverTokens(HookPoint at, Recording reference) {
    return Means.overTokens(at, reference);
  }

  // resample ablation

  /**
   * Sets the slice of each row to that of another row of the reference, drawn with the seed. The
   * reference must have the batch size and length of the run it is used in, and at least two rows;
   * where both hold the same prompts, no row gets its own activation.
   */
  public static Intervention resample(HookPoint at, Slice slice, Recording reference, long seed) {
    NDArray activation = reference.get(at);
    int rows = (int) activation.getShape().get(0);
    if (rows < 2) {
      throw new IllegalArgumentException(
          "Resample ablation needs a reference of at least two rows at " + at + "; got " + rows);
    }
    int[] donors = derangement(rows, seed);
    try (NDManager scope = activation.getManager().newSubManager()) {
      NDArray index = scope.create(IntStream.of(donors).mapToLong(row -> row).toArray());
      NDArray drawn = activation.get(index);
      drawn.attach(scope);
      return new Intervention.ResampleAblation(
          at, slice, Value.of(drawn, "resampled rows of " + at), seed);
    }
  }

  // patching

  /** Sets the activation to what it was in another run. */
  public static Intervention patch(HookPoint at, Recording source) {
    return patch(at, Slice.ALL, source);
  }

  public static Intervention patch(HookPoint at, Slice slice, Recording source) {
    return new Intervention.Patch(at, slice, Value.of(source.get(at), at.toString()));
  }

  /** Patches one head's mixed values. */
  public static Intervention patch(Head head, Recording source) {
    return patch(Sites.Z.at(head.layer()), Slice.at(Axis.HEAD, head.index()), source);
  }

  // directions and factors

  /**
   * Adds {@code coefficient * vector} at every position; the vector has the length of the site's
   * last axis.
   */
  public static Intervention add(HookPoint at, float[] vector, double coefficient) {
    return add(at, Slice.ALL, vector, coefficient);
  }

  public static Intervention add(HookPoint at, Slice slice, float[] vector, double coefficient) {
    try (NDManager scope = Engines.newManager(ai.djl.Device.cpu())) {
      return new Intervention.Add(at, slice, Value.of(scope.create(vector), "vector"), coefficient);
    }
  }

  /** Adds a multiple of a tensor that broadcasts to the activation. */
  public static Intervention add(HookPoint at, Slice slice, NDArray vector, double coefficient) {
    return new Intervention.Add(at, slice, Value.of(vector, "vector"), coefficient);
  }

  public static Intervention scale(HookPoint at, Slice slice, double factor) {
    return new Intervention.Scale(at, slice, factor);
  }

  public static Intervention scale(HookPoint at, double factor) {
    return scale(at, Slice.ALL, factor);
  }

  /** Multiplies a head's mixed values: 0 ablates it, 1 changes nothing. */
  public static Intervention scale(Head head, double factor) {
    return scale(Sites.Z.at(head.layer()), Slice.at(Axis.HEAD, head.index()), factor);
  }

  // the open door

  /**
   * Replaces the activation by what the function returns; the function gets a copy that it may
   * change.
   */
  public static Intervention edit(HookPoint at, Hook hook) {
    return edit(at, Slice.ALL, "edit", hook);
  }

  /**
   * Replaces a slice by what the function makes of the activation; {@code name} is what receipts
   * and provenance call the edit.
   */
  public static Intervention edit(HookPoint at, Slice slice, String name, Hook hook) {
    return new Intervention.Edit(at, slice, name, hook);
  }

  private static List<Intervention> perLayer(HeadSet heads, Function<Integer, Intervention> make) {
    if (heads.isEmpty()) {
      throw new IllegalArgumentException("The head set is empty: nothing would be ablated");
    }
    return heads.layers().stream().map(make).toList();
  }

  private static Slice slice(HeadSet heads, int layer) {
    return Slice.at(
        Axis.HEAD, heads.inLayer(layer).toList().stream().mapToInt(Head::index).toArray());
  }

  /** Draws a permutation without fixed points. */
  private static int[] derangement(int size, long seed) {
    Random random = new Random(seed);
    List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
    do {
      Collections.shuffle(order, random);
    } while (IntStream.range(0, size).anyMatch(i -> order.get(i) == i));
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Means of recorded activations. */
  private static final class Means {
    static Value perPosition(HookPoint at, Recording reference) {
      if (reference.tokens().isPadded()) {
        throw new IllegalArgumentException(
            "A mean per position needs rows of equal length; the reference is padded. Use mean(...) over all tokens");
      }
      requirePositions(at);
      return Value.of(reference.get(at).mean(new int[] {0}, true), "mean per position of " + at);
    }

    static Value overTokens(HookPoint at, Recording reference) {
      requirePositions(at);
      NDArray activation = reference.get(at);
      Tokens tokens = reference.tokens();
      try (NDManager scope = activation.getManager().newSubManager()) {
        NDArray weights = tokenWeights(tokens, activation, scope);
        NDArray weighted = activation.mul(weights);
        weighted.attach(scope);
        return Value.of(weighted.sum(new int[] {0, 1}, true), "mean of " + at);
      }
    }

    private static void requirePositions(HookPoint at) {
      if (at.site().axes().indexOf(Axis.POS) != 1) {
        throw new IllegalArgumentException(
            "%s has the axes %s: a mean over tokens is taken where axis 1 is POS"
                .formatted(at, at.site().axes()));
      }
    }

    /** Each token of the reference weighs the same, padding nothing; the weights sum to one. */
    private static NDArray tokenWeights(Tokens tokens, NDArray activation, NDManager scope) {
      int rows = (int) activation.getShape().get(0);
      int length = tokens.length();
      double[] weights = new double[rows * length];
      int count = 0;
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < length; column++) {
          if (tokens.isToken(row, column)) {
            weights[row * length + column] = 1;
            count++;
          }
        }
      }
      for (int i = 0; i < weights.length; i++) {
        weights[i] /= count;
      }
      long[] shape = new long[activation.getShape().dimension()];
      java.util.Arrays.fill(shape, 1);
      shape[0] = rows;
      shape[1] = length;
      DataType type = activation.getDataType();
      return scope.create(weights, new Shape(shape)).toType(type, false);
    }
  }
}
