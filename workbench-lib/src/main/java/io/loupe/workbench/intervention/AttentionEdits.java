package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.AttentionIntervention.Hidden;
import io.loupe.workbench.intervention.KeyValueIntervention.QuantisedBy;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Makes interventions on attention: {@code model.with(knockout(head(4, 2), between("answer",
 * "name")))}. A slice says which queries ({@code QUERY_POS}) and keys ({@code KEY_POS}) are meant;
 * heads are named beside it, or all of a layer.
 */
public final class AttentionEdits {
  private AttentionEdits() {}

  // knockout

  /**
   * Hides keys from queries in a whole layer, before the softmax: what they got goes to other keys.
   * Hiding what is hidden already changes nothing.
   *
   * @param edges queries and keys, e.g. {@code Slice.between("answer", "subject")}
   */
  public static Intervention knockout(int layer, Slice edges) {
    return new AttentionIntervention.Knockout(Sites.SCORES.at(layer), edges, Hidden.FROM_ALL);
  }

  /** Hides keys from queries in one head. */
  public static Intervention knockout(Head head, Slice edges) {
    return knockout(head.layer(), edges.and(Axis.HEAD, head.index()));
  }

  /** Hides keys from queries in several heads: one intervention for each layer that has some. */
  public static List<Intervention> knockout(HeadSet heads, Slice edges) {
    return perLayer(heads, layer -> knockout(layer, with(edges, heads, layer)));
  }

  /**
   * Hides keys from queries in the layers {@code from} to {@code to - 1}: attention knockout in a
   * window of layers (Geva et al. 2023).
   */
  public static List<Intervention> knockout(int from, int to, Slice edges) {
    return layers(from, to, layer -> knockout(layer, edges));
  }

  // rows

  /**
   * Multiplies the probabilities of keys in a layer, and divides the row so that it sums to what it
   * did: 0 takes their share away, 1 changes nothing, 2 doubles their odds.
   *
   * @param slice the keys, and the queries if not all
   */
  public static Intervention reweight(int layer, Slice slice, double factor) {
    Slice keys = slice.without(Axis.QUERY_POS).without(Axis.HEAD);
    return new AttentionIntervention.Reweight(
        Sites.PATTERN.at(layer), slice.without(Axis.KEY_POS), keys, factor);
  }

  /**
   * Multiplies the probabilities of keys in one head; see {@link #reweight(int, Slice, double)}.
   */
  public static Intervention reweight(Head head, Slice slice, double factor) {
    return reweight(head.layer(), slice.and(Axis.HEAD, head.index()), factor);
  }

  /** Multiplies the probabilities of keys in several heads. */
  public static List<Intervention> reweight(HeadSet heads, Slice slice, double factor) {
    return perLayer(heads, layer -> reweight(layer, with(slice, heads, layer), factor));
  }

  /**
   * Divides scores by a temperature: below 1 attention sharpens, above 1 it flattens, 1 changes
   * nothing, and at {@code Double.POSITIVE_INFINITY} all visible keys get the same.
   *
   * @param slice which heads and queries; {@link Slice#ALL} for the whole layer
   */
  public static Intervention temperature(int layer, Slice slice, double temperature) {
    return new AttentionIntervention.Temperature(Sites.SCORES.at(layer), slice, temperature);
  }

  /** Divides one head's scores by a temperature. */
  public static Intervention temperature(Head head, double temperature) {
    return temperature(head.layer(), Slice.at(Axis.HEAD, head.index()), temperature);
  }

  /** Divides the scores of several heads by a temperature. */
  public static List<Intervention> temperature(HeadSet heads, double temperature) {
    return perLayer(heads, layer -> temperature(layer, with(Slice.ALL, heads, layer), temperature));
  }

  // patterns

  /**
   * Gives a head a fixed pattern.
   *
   * @param pattern [query, key]; it is not normalised
   */
  public static Intervention pattern(Head head, NDArray pattern) {
    if (pattern.getShape().dimension() != 2) {
      throw new IllegalArgumentException(
          "A pattern has the shape [query, key]; got " + pattern.getShape());
    }
    NDArray shaped = pattern.expandDims(0).expandDims(0);
    Value value = Value.of(shaped, "fixed pattern");
    shaped.close();
    return new Intervention.Patch(Sites.PATTERN.at(head.layer()), only(head), value);
  }

  /** Gives a head the pattern that a head, itself or another, had in another run. */
  public static Intervention pattern(Head head, Head donor, Recording run) {
    HookPoint from = Sites.PATTERN.at(donor.layer());
    NDArray all = run.get(from);
    if (donor.index() >= all.getShape().get(1)) {
      throw new IllegalArgumentException(
          "%s does not exist: the recording has heads 0 to %d"
              .formatted(donor, all.getShape().get(1) - 1));
    }
    NDArray own =
        all.get(new NDIndex().addAllDim(1).addSliceDim(donor.index(), donor.index() + 1L));
    Value value = Value.of(own, "pattern of " + donor);
    own.close();
    return new Intervention.Patch(Sites.PATTERN.at(head.layer()), only(head), value);
  }

  /** Gives a head the pattern that another head, not of a later layer, has in the same run. */
  public static Intervention samePattern(Head head, Head donor) {
    return new Intervention.Copy(
        Sites.PATTERN.at(head.layer()),
        only(head),
        Sites.PATTERN.at(donor.layer()),
        OptionalInt.of(donor.index()));
  }

  /** Gives every head of a layer the pattern that it has in an earlier layer of the same run. */
  public static Intervention samePattern(int layer, int donor) {
    return new Intervention.Copy(
        Sites.PATTERN.at(layer), Slice.ALL, Sites.PATTERN.at(donor), OptionalInt.empty());
  }

  // masks

  /**
   * Sets which keys the queries of a layer see, in place of the model's own rule.
   *
   * @param rule e.g. {@link MaskRule#windowWithSinks}
   */
  public static Intervention mask(int layer, MaskRule rule) {
    return mask(layer, Slice.ALL, rule);
  }

  /** Sets which keys some heads and queries of a layer see, in place of the model's own rule. */
  public static Intervention mask(int layer, Slice slice, MaskRule rule) {
    return new AttentionIntervention.Mask(Sites.MASK.at(layer), slice, rule, false);
  }

  /** Sets which keys heads see, in place of the model's own rule. */
  public static List<Intervention> mask(HeadSet heads, MaskRule rule) {
    return perLayer(heads, layer -> mask(layer, with(Slice.ALL, heads, layer), rule));
  }

  /** Hides what a rule hides, in heads and queries of a layer, on top of the model's own mask. */
  public static Intervention restrict(int layer, Slice slice, MaskRule rule) {
    return new AttentionIntervention.Mask(Sites.MASK.at(layer), slice, rule, true);
  }

  /** Hides what a rule hides, in the layers {@code from} to {@code to - 1}. */
  public static List<Intervention> restrict(int from, int to, MaskRule rule) {
    return layers(from, to, layer -> restrict(layer, Slice.ALL, rule));
  }

  // keys and values

  /**
   * Drops the keys and values of tokens in all layers behind one: no other token sees them there
   * (Chen et al. 2024, FastV). The token itself goes on seeing itself.
   *
   * @param afterLayer the last layer that keeps them; -1 drops them everywhere
   * @param tokens positions or a span, on {@code KEY_POS}
   */
  public static List<Intervention> dropKeyValues(ModelConfig config, int afterLayer, Slice tokens) {
    return layers(
        afterLayer + 1,
        config.layers(),
        layer ->
            new AttentionIntervention.Knockout(Sites.SCORES.at(layer), tokens, Hidden.FROM_OTHERS));
  }

  /**
   * Drops the keys and values of tokens, in all layers behind one, once the text has passed the
   * last of them: tokens behind do not see them, those among them do. What eviction from a cache
   * does.
   */
  public static List<Intervention> evictKeyValues(
      ModelConfig config, int afterLayer, Slice tokens) {
    return layers(
        afterLayer + 1,
        config.layers(),
        layer ->
            new AttentionIntervention.Knockout(Sites.SCORES.at(layer), tokens, Hidden.FROM_LATER));
  }

  /**
   * Merges the keys and values of tokens into one entry in all layers behind one: it stands at the
   * last of them and is their mean (keys as they are compared, after the rotary embedding), and
   * tokens behind see it in place of them. Merged tokens must be of the prompt.
   *
   * @param tokens at least two positions or a span, on {@code KEY_POS}
   */
  public static List<Intervention> mergeKeyValues(
      ModelConfig config, int afterLayer, Slice tokens) {
    Slice.Selection chosen = tokens.selections().get(Axis.KEY_POS);
    if (chosen == null || tokens.selections().size() != 1) {
      throw new IllegalArgumentException(
          "Name the tokens to merge, e.g. Slice.keys(1, 2, 3), and nothing else; got " + tokens);
    }
    Slice positions =
        chosen instanceof Slice.Named named
            ? Slice.span(named.span())
            : Slice.positions(
                ((Slice.Indices) chosen).indices().stream().mapToInt(i -> i).toArray());
    List<Intervention> all = new ArrayList<>();
    for (int layer = requireLayer(afterLayer + 1, config.layers());
        layer < config.layers();
        layer++) {
      boolean rotary = config.attention().get(layer).positions() instanceof PositionSpec.Rotary;
      boolean normed = config.has(Sites.K_NORM);
      Site keys = rotary ? Sites.ROT_K : normed ? Sites.K_NORM : Sites.K;
      all.add(new KeyValueIntervention.Merge(keys.at(layer), positions));
      all.add(new KeyValueIntervention.Merge(Sites.V.at(layer), positions));
      all.add(
          new AttentionIntervention.Knockout(
              Sites.SCORES.at(layer), tokens, Hidden.ALL_BUT_LAST_FROM_LATER));
    }
    return all;
  }

  /**
   * Sets each head's keys or values to their best approximation of a rank (truncated singular value
   * decomposition over the tokens of one pass; in generation over those of each step).
   *
   * @param at {@code K}, {@code ROT_K} or {@code V} of a layer
   */
  public static Intervention lowRank(HookPoint at, Slice slice, int rank) {
    return new KeyValueIntervention.LowRank(at, slice, rank);
  }

  /**
   * Rounds keys or values to 2 to the {@code bits} levels between their smallest and largest.
   *
   * @param at {@code K}, {@code ROT_K} or {@code V} of a layer
   * @param by whether a token's head or, over the tokens of one pass, a channel has its own range
   */
  public static Intervention quantise(HookPoint at, Slice slice, int bits, QuantisedBy by) {
    return new KeyValueIntervention.Quantise(at, slice, bits, by);
  }

  private static Slice only(Head head) {
    return Slice.at(Axis.HEAD, head.index());
  }

  private static Slice with(Slice slice, HeadSet heads, int layer) {
    return slice.and(
        Axis.HEAD, heads.inLayer(layer).toList().stream().mapToInt(Head::index).toArray());
  }

  private static List<Intervention> perLayer(HeadSet heads, IntFunction<Intervention> make) {
    return Interventions.perLayer(heads, make);
  }

  private static List<Intervention> layers(int from, int to, IntFunction<Intervention> make) {
    requireLayer(from, to);
    return IntStream.range(from, to).mapToObj(make).toList();
  }

  private static int requireLayer(int from, int to) {
    if (from < 0 || from >= to) {
      throw new IllegalArgumentException(
          "Layers from %d to before %d are none: nothing would be changed".formatted(from, to));
    }
    return from;
  }
}
