package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.intervention.Recording;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The activations that a run captured, after its interventions. They are tensors of their own: they
 * live as long as they can be reached, whatever happens to the run or the model.
 */
public final class ActivationCache implements Recording, Displayable {
  private final Tokens tokens;
  private final TreeMap<HookPoint, NDArray> activations;

  ActivationCache(Tokens tokens, Map<HookPoint, NDArray> activations) {
    this.tokens = tokens;
    this.activations = new TreeMap<>(activations);
  }

  /**
   * Returns the activation at a point, [the site's axes]; not a copy. Throws {@code
   * IllegalArgumentException} naming what was captured if it was not.
   */
  @Override
  public NDArray get(HookPoint point) {
    NDArray activation = activations.get(point);
    if (activation == null) {
      throw new IllegalArgumentException(
          "%s was not captured in this run; captured are %s. Ask for it: model.run(tokens, Capture.at(...)) or Capture.of(site)"
              .formatted(point, captured()));
    }
    return activation;
  }

  /** Returns the activation of a site that the model has only once, e.g. {@code get(EMBED)}. */
  public NDArray get(Site site) {
    return get(site.here());
  }

  /**
   * Returns a site's activations of all layers on top of each other, [layer, the site's axes]; a
   * copy.
   */
  public NDArray stack(Site site) {
    List<NDArray> layers = new ArrayList<>();
    activations.forEach(
        (point, activation) -> {
          if (point.site().equals(site)) {
            layers.add(activation.expandDims(0));
          }
        });
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          site + " was not captured in this run; captured are " + captured());
    }
    NDList rest = new NDList(layers.subList(1, layers.size()));
    return layers.get(0).getNDArrayInternal().concat(rest, 0);
  }

  /** Tells whether the point was captured. */
  public boolean has(HookPoint point) {
    return activations.containsKey(point);
  }

  /** Returns the captured points, layer by layer in the order of the forward pass. */
  public List<HookPoint> points() {
    return List.copyOf(activations.keySet());
  }

  @Override
  public Tokens tokens() {
    return tokens;
  }

  /** Names the captured sites and how many layers of each, not each point. */
  private String captured() {
    return activations.isEmpty()
        ? "no activations"
        : bySite().entrySet().stream()
            .map(
                e ->
                    e.getKey().perLayer()
                        ? e.getKey() + " (" + e.getValue().size() + " layers)"
                        : e.getKey().toString())
            .collect(Collectors.joining(", "));
  }

  void close() {
    activations.values().forEach(NDArray::close);
  }

  /** Shows which sites were captured, in how many layers, with which axes and shape. */
  @Override
  public MimeBundle display() {
    Table table = Table.of("site", "captured", "axes", "shape", "meaning");
    for (Map.Entry<Site, List<HookPoint>> site : bySite().entrySet()) {
      List<HookPoint> points = site.getValue();
      table =
          table.row(
              site.getKey(),
              site.getKey().perLayer() ? points.size() + " layers" : "once",
              site.getKey().axes().stream().map(Enum::name).collect(Collectors.joining(", ")),
              get(points.get(0)).getShape(),
              site.getKey().meaning());
    }
    return table.display();
  }

  private Map<Site, List<HookPoint>> bySite() {
    return activations.keySet().stream()
        .collect(Collectors.groupingBy(HookPoint::site, LinkedHashMap::new, Collectors.toList()));
  }

  /** Lists points and shapes. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("ActivationCache of " + tokens);
    activations.forEach(
        (point, a) -> text.append("\n  ").append(point).append(' ').append(a.getShape()));
    return text.toString();
  }
}
