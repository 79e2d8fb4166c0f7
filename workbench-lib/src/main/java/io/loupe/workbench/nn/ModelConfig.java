package io.loupe.workbench.nn;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model is made of, whatever family it comes from. The forward pass reads this and never the
 * family's name.
 *
 * @param family where the checkpoint comes from, for people: {@code gpt2}, {@code llama}
 * @param sizes the numbers
 * @param norm the normalisation, the same everywhere
 * @param positions the position scheme
 * @param mlp the MLP's shape
 * @param attentionScale what scores are multiplied with, usually 1 / sqrt(dHead)
 */
public record ModelConfig(
    String family,
    Dimensions sizes,
    NormSpec norm,
    PositionSpec positions,
    MlpSpec mlp,
    double attentionScale)
    implements Displayable {

  public int layers() {
    return sizes.layers();
  }

  public int heads() {
    return sizes.heads();
  }

  public int kvHeads() {
    return sizes.kvHeads();
  }

  public int dModel() {
    return sizes.dModel();
  }

  public int dHead() {
    return sizes.dHead();
  }

  public int vocab() {
    return sizes.vocab();
  }

  /** Returns the longest input, in tokens. */
  public int context() {
    return sizes.context();
  }

  /** Returns every head of the model. */
  public HeadSet allHeads() {
    return HeadSet.all(layers(), heads());
  }

  /** Tells whether the model's forward pass comes through the site. */
  public boolean has(Site site) {
    if (site.equals(Sites.POS_EMBED)) {
      return positions instanceof PositionSpec.Learned;
    }
    if (site.equals(Sites.ROT_Q) || site.equals(Sites.ROT_K)) {
      return positions instanceof PositionSpec.Rotary;
    }
    if (site.equals(Sites.MLP_PRE_LINEAR)) {
      return mlp.gated();
    }
    return Sites.all().contains(site);
  }

  /** Returns the sites that the model has, in the order of the forward pass. */
  public List<Site> sites() {
    return Sites.all().stream().filter(this::has).toList();
  }

  /** Returns all hook points of the model, in the order of the forward pass within each layer. */
  public List<HookPoint> hookPoints() {
    List<HookPoint> points = new ArrayList<>();
    for (Site site : sites()) {
      if (site.perLayer()) {
        for (int layer = 0; layer < layers(); layer++) {
          points.add(site.at(layer));
        }
      } else {
        points.add(site.here());
      }
    }
    points.sort(null);
    return points;
  }

  /**
   * Returns the point, or throws {@code IllegalArgumentException} saying which sites or layers the
   * model has.
   */
  public HookPoint require(HookPoint point) {
    if (!has(point.site())) {
      throw new IllegalArgumentException(
          "This %s model has no %s (%s); it has %s"
              .formatted(family, point.site(), point.site().meaning(), sites()));
    }
    if (point.site().perLayer() && point.layer() >= layers()) {
      throw new IllegalArgumentException(
          "%s does not exist: the model has layers 0 to %d".formatted(point, layers() - 1));
    }
    return point;
  }

  /** Shows the configuration as a table. */
  @Override
  public MimeBundle display() {
    return Table.of("property", "value")
        .row("family", family)
        .row("layers", sizes.layers())
        .row("d_model", sizes.dModel())
        .row("heads per layer", sizes.heads())
        .row("key/value heads per layer", sizes.kvHeads())
        .row("d_head", sizes.dHead())
        .row("d_mlp", sizes.dMlp())
        .row("vocabulary", sizes.vocab())
        .row("context", sizes.context())
        .row("norm", norm.kind() + ", epsilon " + norm.epsilon())
        .row("positions", positions)
        .row("MLP", mlp.activation() + (mlp.gated() ? ", gated" : ""))
        .display();
  }
}
