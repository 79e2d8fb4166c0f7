package io.loupe.workbench.site;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One place in one model's forward pass.
 *
 * @param site the kind of place
 * @param layer the layer, from 0; {@link #NO_LAYER} for a site that the model has only once
 */
public record HookPoint(Site site, int layer) implements Comparable<HookPoint> {
  /** The layer of a point whose site belongs to the whole model. */
  public static final int NO_LAYER = -1;

  private static final Pattern BLOCK = Pattern.compile("blocks\\.(\\d+)\\.(.+)");

  public HookPoint {
    if (site.perLayer() && layer < 0) {
      throw new IllegalArgumentException(
          site + " is in every layer: name one with at(layer), counted from 0; got layer " + layer);
    }
    if (!site.perLayer() && layer != NO_LAYER) {
      throw new IllegalArgumentException(
          site
              + " is there once in the model, not in each layer: use here(), got at("
              + layer
              + ")");
    }
  }

  /**
   * Reads a TransformerLens name such as {@code blocks.3.attn.hook_z}; throws {@code
   * IllegalArgumentException} naming the known sites.
   */
  public static HookPoint parse(String name) {
    Matcher block = BLOCK.matcher(name);
    if (block.matches()) {
      return Sites.named(block.group(2), true).at(Integer.parseInt(block.group(1)));
    }
    return Sites.named(name, false).here();
  }

  /** Returns the TransformerLens name, e.g. {@code blocks.3.hook_resid_post}. */
  @Override
  public String toString() {
    return site.perLayer() ? "blocks." + layer + "." + site.name() : site.name();
  }

  /**
   * Orders by layer, then by the site's place in the forward pass (sites of other modules last, by
   * name).
   */
  @Override
  public int compareTo(HookPoint other) {
    int byLayer = Integer.compare(sortLayer(), other.sortLayer());
    int bySite = Integer.compare(Sites.order(site), Sites.order(other.site));
    return byLayer != 0 ? byLayer : bySite != 0 ? bySite : site.name().compareTo(other.site.name());
  }

  private int sortLayer() {
    return site.perLayer() ? layer : Sites.isBeforeBlocks(site) ? -1 : Integer.MAX_VALUE;
  }
}
