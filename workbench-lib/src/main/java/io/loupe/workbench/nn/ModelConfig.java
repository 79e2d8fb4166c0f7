package io.loupe.workbench.nn;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a model is made of, whatever family it comes from. The forward pass reads this and never the
 * family's name.
 *
 * @param family where the checkpoint comes from, for people: {@code gpt2}, {@code llama}
 * @param sizes the numbers
 * @param norm the normalisation, the same everywhere
 * @param embedding how tokens enter the residual stream
 * @param attention the attention of each layer
 * @param block how a layer is put together
 * @param mlp the MLP's shape
 * @param head how the residual stream becomes logits
 */
public record ModelConfig(
    String family,
    Dimensions sizes,
    NormSpec norm,
    EmbeddingSpec embedding,
    List<AttentionSpec> attention,
    BlockSpec block,
    MlpSpec mlp,
    HeadSpec head)
    implements Displayable {
  private static final Set<Site> OF_MLPS =
      Set.of(
          Sites.RESID_MID,
          Sites.LN2_SCALE,
          Sites.LN2,
          Sites.MLP_PRE,
          Sites.MLP_PRE_LINEAR,
          Sites.MLP_POST,
          Sites.LN2_POST_SCALE,
          Sites.MLP_OUT);

  public ModelConfig {
    attention = List.copyOf(attention);
    if (attention.size() != sizes.layers()) {
      throw new IllegalArgumentException(
          "%d layers need as many attentions; got %d".formatted(sizes.layers(), attention.size()));
    }
    if (block.parallel() && sizes.dMlp() == 0) {
      throw new IllegalArgumentException(
          "Attention and MLP in parallel need MLPs; dMlp is 0, so give BlockSpec.PRE_NORM or NO_NORM");
    }
  }

  /** Returns a decoder with the same attention in every layer, and a norm before each part. */
  public static ModelConfig decoder(
      String family,
      Dimensions sizes,
      NormSpec norm,
      EmbeddingSpec embedding,
      AttentionSpec attention,
      MlpSpec mlp) {
    return new ModelConfig(
        family,
        sizes,
        norm,
        embedding,
        Collections.nCopies(sizes.layers(), attention),
        BlockSpec.PRE_NORM,
        mlp,
        HeadSpec.NORMED);
  }

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

  /** Returns the context that the model was made for, in tokens. */
  public int context() {
    return sizes.context();
  }

  /**
   * Returns the longest input, in tokens: the context, or no bound where positions enter by a rule
   * that is made for any length (ALiBi, a rotary embedding whose base grows with the length).
   */
  public int longestInput() {
    boolean anyLength =
        !embedding.learnedPositions()
            && attention.stream().allMatch(layer -> reachesAnyLength(layer.positions()));
    return anyLength ? Integer.MAX_VALUE : context();
  }

  private static boolean reachesAnyLength(PositionSpec positions) {
    return positions instanceof PositionSpec.Alibi
        || positions instanceof PositionSpec.Rotary rotary
            && rotary.scaling() instanceof RotaryScaling.Dynamic;
  }

  /** Returns every head of the model. */
  public HeadSet allHeads() {
    return HeadSet.all(layers(), heads());
  }

  /** Tells whether its layers have MLPs; if not, they are attention alone. */
  public boolean hasMlps() {
    return sizes.dMlp() > 0;
  }

  /** Tells whether no token sees what stands behind it, so that text can be continued. */
  public boolean causal() {
    return attention.stream().allMatch(layer -> layer.mask().causal());
  }

  /** Tells whether in every layer the weights of a query's keys sum to one: all have a softmax. */
  public boolean weightsSumToOne() {
    return attention.stream().allMatch(layer -> layer.scoreMap() == AttentionSpec.ScoreMap.SOFTMAX);
  }

  /** Tells whether the forward pass comes through the point. */
  public boolean has(HookPoint point) {
    return has(point.site()) && (!point.site().perLayer() || point.layer() < layers());
  }

  /** Tells whether the model's forward pass comes through the site. */
  public boolean has(Site site) {
    return missing(site).isEmpty();
  }

  /** Returns why the model has no such site; empty if it has it. */
  private String missing(Site site) {
    if (!Sites.all().contains(site)) {
      return "no part of the model passes it";
    }
    if (site.equals(Sites.POS_EMBED)) {
      return embedding.learnedPositions() ? "" : "it learns no positions";
    }
    if (site.equals(Sites.TOKEN_TYPE_EMBED)) {
      return embedding.tokenTypes() ? "" : "it has no token types";
    }
    if (site.equals(Sites.ROT_Q) || site.equals(Sites.ROT_K)) {
      return any(layer -> layer.positions() instanceof PositionSpec.Rotary)
          ? ""
          : "it has no rotary embedding";
    }
    if (site.equals(Sites.Q_NORM) || site.equals(Sites.K_NORM)) {
      return any(layer -> layer.queryKeyNorm() != AttentionSpec.QueryKeyNorm.NONE)
          ? ""
          : "it does not normalise queries and keys";
    }
    if (!hasMlps() && OF_MLPS.contains(site)) {
      return "it has no MLPs";
    }
    if (site.equals(Sites.MLP_PRE_LINEAR)) {
      return mlp.gated() ? "" : "its MLP is not gated";
    }
    if (site.equals(Sites.RESID_MID)) {
      return block.parallel() ? "its attention and MLP work in parallel" : "";
    }
    if (site.name().startsWith("ln_final")) {
      return head.normed() ? "" : "it has no final norm";
    }
    if (site.name().startsWith("ln1_post") || site.name().startsWith("ln2_post")) {
      return block.norms().hasBehind() ? "" : "no norm stands behind its attention and MLP";
    }
    if (site.name().startsWith("ln1.") || site.name().startsWith("ln2.")) {
      return block.norms().readsNormalised()
          ? ""
          : "no norm stands before its attention and MLP, which read the residual stream";
    }
    return "";
  }

  private boolean any(Predicate<AttentionSpec> test) {
    return attention.stream().anyMatch(test);
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
    String reason = missing(point.site());
    if (!reason.isEmpty()) {
      throw new IllegalArgumentException(
          "This %s model has no %s (%s): %s. It has %s"
              .formatted(family, point.site(), point.site().meaning(), reason, sites()));
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
        .row("norm", norms())
        .row(
            "attention and MLP",
            !hasMlps()
                ? "attention alone"
                : block.parallel() ? "in parallel" : "one after the other")
        .row("positions", positions())
        .row("attention", distinct(ModelConfig::attention))
        .row("MLP", hasMlps() ? mlp.activation() + (mlp.gated() ? ", gated" : "") : "none")
        .display();
  }

  private static String attention(AttentionSpec layer) {
    return layer.scoreMap() == AttentionSpec.ScoreMap.SOFTMAX
        ? layer.mask().toString()
        : layer.mask() + ", weights: the scores themselves";
  }

  private String norms() {
    boolean none = block.norms() == BlockSpec.Norms.NONE && !head.normed() && !embedding.normed();
    return none ? "none" : norm.kind() + ", epsilon " + norm.epsilon() + ", " + block.norms();
  }

  private String positions() {
    String atTheScores = distinct(layer -> layer.positions().toString());
    return embedding.learnedPositions() ? "learned, " + atTheScores : atTheScores;
  }

  private String distinct(Function<AttentionSpec, String> what) {
    return attention.stream().map(what).distinct().collect(Collectors.joining("; "));
  }
}
