package io.loupe.workbench.model;

import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.intervention.PositionIntervention;
import io.loupe.workbench.intervention.PositionIntervention.PositionIds;
import io.loupe.workbench.intervention.Value;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Makes interventions on positions: {@code model.with(PositionEdits.ids(model, 0, 2, 1, 3))}. What
 * positions do differs from model to model (learned embeddings, rotary, ALiBi), so these take the
 * model. Masks go on by the tokens' true order.
 */
public final class PositionEdits {
  private PositionEdits() {}

  /**
   * Tells each token of a text that it stands elsewhere, in every layer.
   *
   * @param ids for each position the one to take its place; tokens behind the list keep theirs
   */
  public static List<Intervention> ids(HookedTransformer model, int... ids) {
    if (ids.length == 0) {
      throw new IllegalArgumentException("Name at least one position id, e.g. 1, 0");
    }
    return changed(model, new PositionIds(Arrays.stream(ids).boxed().toList()), false, all(model));
  }

  /** Takes positions away in every layer. */
  public static List<Intervention> none(HookedTransformer model) {
    return changed(model, PositionIds.OWN, true, all(model));
  }

  /**
   * Takes positions away in some layers.
   *
   * @throws IllegalArgumentException if the model learns positions at its embedding, or has none in
   *     one of the layers
   */
  public static List<Intervention> none(HookedTransformer model, int... layers) {
    if (model.config().embedding().learnedPositions()) {
      throw new IllegalArgumentException(
          "This model learns positions and adds them once, at its embedding: none(model) takes them away for all layers");
    }
    for (int layer : layers) {
      requireLayer(model, layer);
      if (model.config().attention().get(layer).positions() instanceof PositionSpec.None) {
        throw new IllegalArgumentException("Layer %d has no positions".formatted(layer));
      }
    }
    return changed(model, PositionIds.OWN, true, layers);
  }

  /** Turns queries and keys by a rotary embedding of another base, in every layer that turns. */
  public static List<Intervention> rotaryBase(HookedTransformer model, double base) {
    ModelConfig config = model.config();
    int[] turning =
        IntStream.range(0, config.layers())
            .filter(i -> config.attention().get(i).positions() instanceof PositionSpec.Rotary)
            .toArray();
    if (turning.length == 0) {
      throw new IllegalArgumentException(
          "This %s model has no rotary embedding".formatted(config.family()));
    }
    return rotaryBase(model, base, turning);
  }

  /** Turns queries and keys by a rotary embedding of another base, in some layers. */
  public static List<Intervention> rotaryBase(HookedTransformer model, double base, int... layers) {
    if (!(base > 0)) {
      throw new IllegalArgumentException("A rotary base is above 0; got " + base);
    }
    List<Intervention> all = new ArrayList<>();
    for (int layer : layers) {
      requireLayer(model, layer);
      PositionSpec own = model.config().attention().get(layer).positions();
      if (!(own instanceof PositionSpec.Rotary rotary)) {
        throw new IllegalArgumentException(
            "Layer %d has no rotary embedding; its positions: %s".formatted(layer, own));
      }
      PositionSpec other =
          new PositionSpec.Rotary(rotary.dimensions(), base, rotary.pairing(), rotary.scaling());
      all.addAll(turned(layer, rotary, other, PositionIds.OWN));
    }
    return all;
  }

  private static List<Intervention> changed(
      HookedTransformer model, PositionIds ids, boolean removed, int[] layers) {
    ModelConfig config = model.config();
    List<Intervention> all = new ArrayList<>();
    if (config.embedding().learnedPositions()) {
      all.add(removed ? Interventions.zero(Sites.POS_EMBED.here()) : embedded(model, ids));
    }
    for (int layer : layers) {
      PositionSpec own = config.attention().get(layer).positions();
      if (own instanceof PositionSpec.Rotary rotary) {
        all.addAll(turned(layer, rotary, removed ? new PositionSpec.None() : rotary, ids));
      } else if (own instanceof PositionSpec.Alibi) {
        all.add(new PositionIntervention.Alibi(Sites.SCORES.at(layer), Slice.ALL, ids, removed));
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "This %s model has no positions to change".formatted(config.family()));
    }
    return all;
  }

  private static Intervention embedded(HookedTransformer model, PositionIds ids) {
    Value table = Value.of(model.weights().get("pos_embed.W_pos"), "position embeddings");
    return new PositionIntervention.Embedding(Sites.POS_EMBED.here(), Slice.ALL, table, ids);
  }

  private static List<Intervention> turned(
      int layer, PositionSpec.Rotary from, PositionSpec to, PositionIds ids) {
    return List.of(
        new PositionIntervention.Turn(Sites.ROT_Q.at(layer), Slice.ALL, from, to, ids),
        new PositionIntervention.Turn(Sites.ROT_K.at(layer), Slice.ALL, from, to, ids));
  }

  private static void requireLayer(HookedTransformer model, int layer) {
    if (layer < 0 || layer >= model.config().layers()) {
      throw new IllegalArgumentException(
          "There is no layer %d: the model has layers 0 to %d"
              .formatted(layer, model.config().layers() - 1));
    }
  }

  private static int[] all(HookedTransformer model) {
    return IntStream.range(0, model.config().layers()).toArray();
  }
}
