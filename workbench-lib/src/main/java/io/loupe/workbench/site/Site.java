package io.loupe.workbench.site;

import java.util.List;

/**
 * A kind of place in the forward pass: a name, its axes and what it holds. The standard ones are
 * constants of {@link Sites}; a module with an activation of its own (a sparse autoencoder, a new
 * attention variant) makes one with {@link #perLayer} and hooks it.
 *
 * @param name the TransformerLens name behind the layer, e.g. {@code attn.hook_z}
 * @param perLayer whether each layer has one; otherwise the model has exactly one
 * @param axes the activation's dimensions, in order
 * @param onDemand whether it is only computed when somebody asks for it by name, because it is
 *     large or splits a fused step
 * @param meaning one line for people
 */
public record Site(
    String name, boolean perLayer, List<Axis> axes, boolean onDemand, String meaning) {
  public Site {
    axes = List.copyOf(axes);
  }

  /** Makes a site that every layer has once. */
  public static Site perLayer(String name, String meaning, Axis... axes) {
    return new Site(name, true, List.of(axes), false, meaning);
  }

  /** Makes a site that the model has once. */
  public static Site perModel(String name, String meaning, Axis... axes) {
    return new Site(name, false, List.of(axes), false, meaning);
  }

  /** Returns this site as one that is computed only when asked for by name. */
  public Site computedOnDemand() {
    return new Site(name, perLayer, axes, true, meaning);
  }

  /**
   * Returns the hook point of this site in one layer, counted from 0; whether the model has that
   * layer is checked by the model.
   */
  public HookPoint at(int layer) {
    return new HookPoint(this, layer);
  }

  /** Returns the hook point of a site that the model has only once, e.g. {@code EMBED.here()}. */
  public HookPoint here() {
    return new HookPoint(this, HookPoint.NO_LAYER);
  }

  /**
   * Returns the dimension of an axis in this site's activations; throws {@code
   * IllegalArgumentException} naming the axes if it has none.
   */
  public int dimension(Axis axis) {
    int dimension = axes.indexOf(axis);
    if (dimension < 0) {
      throw new IllegalArgumentException(
          "%s has the axes %s; it has no %s".formatted(this, axes, axis));
    }
    return dimension;
  }

  /** Returns the dimension that counts the positions computed: {@code POS} or {@code QUERY_POS}. */
  public int positionDimension() {
    return dimension(has(Axis.POS) ? Axis.POS : Axis.QUERY_POS);
  }

  /** Tells whether activations at this site have the axis. */
  public boolean has(Axis axis) {
    return axes.contains(axis);
  }

  /**
   * Returns the TransformerLens name; a per-layer site shows where its layer goes, as {@code
   * blocks.*.hook_resid_pre}.
   */
  @Override
  public String toString() {
    return perLayer ? "blocks.*." + name : name;
  }
}
