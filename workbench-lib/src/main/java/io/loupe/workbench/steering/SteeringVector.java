package io.loupe.workbench.steering;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.intervention.Value;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * A direction in an activation space that is added to activations, set in their place, or taken out
 * of them: {@code model.with(vector.add(4))}. Made by {@link Steering}, or {@link #of entries}.
 * Immutable.
 */
public final class SteeringVector implements Displayable {
  private static final String TENSOR = "vector";

  private final HookPoint at;
  private final float[] values;
  private final String method;
  private final String model;

  SteeringVector(HookPoint at, double[] values, String method, String model) {
    this.at = at;
    this.values = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      this.values[i] = (float) values[i];
    }
    this.method = method;
    this.model = model;
    if (!Double.isFinite(norm())) {
      throw new IllegalArgumentException(
          "The vector at %s is not finite (%s)".formatted(at, method));
    }
  }

  /**
   * Makes a vector of entries that are there, such as a probe's direction.
   *
   * @param at where each position has one vector, e.g. {@code RESID_POST.at(3)}
   * @param values its entries, rounded to float32
   * @param method how it was made, in words
   * @param model the name of the model that it belongs to
   * @throws IllegalArgumentException if the place has no vector at each position, or an entry is
   *     not finite
   */
  public static SteeringVector of(HookPoint at, double[] values, String method, String model) {
    requireStream(at);
    return new SteeringVector(at, values, method, model);
  }

  /**
   * Returns a random vector, each entry drawn from a normal distribution and the whole scaled to a
   * length: the control that any claim about a direction needs.
   *
   * @param like what it is a control for; gets its place and its length
   */
  public static SteeringVector random(SteeringVector like, long seed) {
    Random random = new Random(seed);
    double[] drawn = random.doubles(like.values.length).map(x -> random.nextGaussian()).toArray();
    double norm = Math.sqrt(Arrays.stream(drawn).map(x -> x * x).sum());
    double[] scaled = Arrays.stream(drawn).map(x -> x / norm * like.norm()).toArray();
    return new SteeringVector(like.at, scaled, "random, seed " + seed, like.model);
  }

  /** Returns where it belongs. */
  public HookPoint at() {
    return at;
  }

  /** Returns a copy of its entries. */
  public float[] values() {
    return values.clone();
  }

  /** Returns how it was made, in words. */
  public String method() {
    return method;
  }

  /** Returns its length, in the activation's unit. */
  public double norm() {
    double square = 0;
    for (float value : values) {
      square += (double) value * value;
    }
    return Math.sqrt(square);
  }

  /**
   * Returns the cosine of the angle to another vector.
   *
   * @throws IllegalArgumentException if one of them is zero or they differ in length
   */
  public double cosine(SteeringVector other) {
    if (other.values.length != values.length || norm() == 0 || other.norm() == 0) {
      throw new IllegalArgumentException(
          "Two vectors of one length, neither zero, have an angle; got %s and %s"
              .formatted(this, other));
    }
    double dot = 0;
    for (int i = 0; i < values.length; i++) {
      dot += (double) values[i] * other.values[i];
    }
    return dot / norm() / other.norm();
  }

  /** Returns it multiplied by a number. */
  public SteeringVector times(double factor) {
    double[] scaled = new double[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = values[i] * factor;
    }
    return new SteeringVector(at, scaled, "%s x (%s)".formatted(factor, method), model);
  }

  /** Adds a multiple of it at every position and, in generation, in every step. */
  public Intervention add(double coefficient) {
    return add(coefficient, Slice.ALL);
  }

  /**
   * Adds a multiple of it where a slice says: {@code Slice.ALL.fromStep(1)} steers what is
   * generated and leaves the prompt alone.
   */
  public Intervention add(double coefficient, Slice slice) {
    return Interventions.add(at, slice, values, coefficient);
  }

  /** Takes the direction out of the activations. */
  public Intervention projectOut(Slice slice) {
    return Interventions.projectOut(at, slice, values);
  }

  /** Sets activations to it: what a task vector is for (Hendel et al. 2023). */
  public Intervention replace(Slice slice) {
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      long[] shape = new long[at.site().axes().size()];
      Arrays.fill(shape, 1);
      shape[shape.length - 1] = values.length;
      NDArray shaped = scope.create(values, new Shape(shape));
      return new Intervention.Patch(at, slice, Value.of(shaped, method));
    }
  }

  /**
   * Returns how far activations of prompts lie along it: the inner product with the unit vector. On
   * prompts that it was not made from, two groups that it tells apart do not overlap.
   *
   * @return [row], in the activation's unit
   */
  public double[] projections(HookedTransformer model, Tokens tokens, Pooling pooling) {
    double[][] pooled = Steering.pooled(model, tokens, at, pooling);
    double norm = norm();
    return Arrays.stream(pooled)
        .mapToDouble(
            row -> {
              double dot = 0;
              for (int i = 0; i < values.length; i++) {
                dot += row[i] * values[i];
              }
              return dot / norm;
            })
        .toArray();
  }

  /** Writes it to a safetensors file, with where it belongs and how it was made. */
  public void save(Path file) throws IOException {
    new SafetensorsWriter()
        .metadata("at", at.toString())
        .metadata("method", method)
        .metadata("model", model)
        .add(TENSOR, values, values.length)
        .write(file);
  }

  /** Reads what {@link #save} wrote; throws an {@code IOException} that names what is missing. */
  public static SteeringVector load(Path file) throws IOException {
    SafetensorsFile saved = SafetensorsFile.open(file);
    String at = saved.metadata().get("at");
    if (at == null || !saved.contains(TENSOR)) {
      throw new IOException(
          "%s is no steering vector: expected a tensor '%s' and metadata 'at', found %s and %s"
              .formatted(file, TENSOR, saved.names(), saved.metadata().keySet()));
    }
    return new SteeringVector(
        HookPoint.parse(at),
        widened(saved.floats(TENSOR)),
        saved.metadata().getOrDefault("method", "unknown"),
        saved.metadata().getOrDefault("model", "unknown"));
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** Refuses places that have no vector at each position. */
  static void requireStream(HookPoint at) {
    if (at.site().axes().size() != 3 || at.site().axes().indexOf(Axis.POS) != 1) {
      throw new IllegalArgumentException(
          "A steering vector belongs where each position has one vector, e.g. RESID_POST.at(3); %s has %s"
              .formatted(at, at.site().axes()));
    }
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString());
  }

  @Override
  public String toString() {
    return "SteeringVector[%s of %s, %s, length %.4g]".formatted(at, model, method, norm());
  }
}
