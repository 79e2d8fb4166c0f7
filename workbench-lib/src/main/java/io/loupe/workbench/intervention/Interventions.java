package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.IntFunction;
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

  /**
   * Takes directions out of the activation: what is left has no part along any of them (amnesic
   * probing, Elazar et al. 2021; refusal ablation, Arditi et al. 2024).
   *
   * @param directions linearly independent, each as long as the site's last axis; of any length
   *     otherwise
   */
  public static Intervention projectOut(HookPoint at, Slice slice, float[]... directions) {
    return scaleDirections(at, slice, 0, directions);
  }

  /**
   * Multiplies the part of the activation that lies along directions: 0 projects it out, 1 changes
   * nothing, 2 doubles it.
   */
  public static Intervention scaleDirections(
      HookPoint at, Slice slice, double factor, float[]... directions) {
    return new Intervention.ScaleDirections(at, slice, Orthonormal.basis(directions), factor);
  }

  /** Multiplies each head of a layer by a number: one for each head, 1 leaving it alone. */
  public static Intervention gate(int layer, double... gates) {
    return new Intervention.Gate(
        Sites.Z.at(layer), Slice.ALL, Arrays.stream(gates).boxed().toList());
  }

  /** Multiplies heads by a number; 0 shuts them, 1 leaves them alone. */
  public static List<Intervention> scale(HeadSet heads, double factor) {
    return perLayer(heads, layer -> scale(Sites.Z.at(layer), slice(heads, layer), factor));
  }

  // noise

  /**
   * Adds Gaussian noise: causal tracing corrupts the embeddings of a subject so (Meng et al. 2022,
   * three times the embeddings' standard deviation).
   *
   * @param at e.g. {@code EMBED.here()}
   * @param sigma its standard deviation, in the activation's unit
   * @param seed each row and position draws its own from it
   */
  public static Intervention noise(HookPoint at, Slice slice, double sigma, long seed) {
    return new Intervention.Noise(at, slice, sigma, seed);
  }

  // leaving parts out

  /** Leaves the attention of a layer out: it adds nothing to the stream. */
  public static Intervention skipAttention(int layer) {
    return zero(Sites.ATTN_OUT.at(layer));
  }

  /** Leaves the MLP of a layer out: it adds nothing to the stream. */
  public static Intervention skipMlp(int layer) {
    return zero(Sites.MLP_OUT.at(layer));
  }

  /** Leaves a layer out, norms on the stream included: the stream behind it is the one before. */
  public static Intervention skipLayer(int layer) {
    return copy(Sites.RESID_POST.at(layer), Sites.RESID_PRE.at(layer));
  }

  /** Sets an activation to what an earlier point of the same run has. */
  public static Intervention copy(HookPoint at, HookPoint from) {
    return new Intervention.Copy(at, Slice.ALL, from, OptionalInt.empty());
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

  static List<Intervention> perLayer(HeadSet heads, IntFunction<Intervention> make) {
    if (heads.isEmpty()) {
      throw new IllegalArgumentException("The head set is empty: nothing would be changed");
    }
    return heads.layers().stream().map(make::apply).toList();
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
}
