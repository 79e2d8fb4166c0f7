package io.loupe.workbench.sweep;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A part of a model that is ablated or patched as one: a head (its mixed values, {@link Sites#Z}),
 * an MLP ({@link Sites#MLP_OUT}), an attention sublayer ({@link Sites#ATTN_OUT}), or a layer (both
 * of these). Prints as {@code L3H5}, {@code MLP3}, {@code ATTN3}, {@code LAYER3}.
 *
 * @param kind what it is
 * @param layer from 0
 * @param index of a head within its layer, from 0; 0 for the others
 */
public record Unit(Kind kind, int layer, int index) implements Comparable<Unit> {

  /** What a unit is. */
  public enum Kind {
    HEAD("head"),
    MLP("MLP"),
    ATTENTION("attention sublayer"),
    LAYER("layer");

    private final String singular;

    Kind(String singular) {
      this.singular = singular;
    }

    /** Returns so many in words: {@code 1 head}, {@code 3 MLPs}. */
    String words(long count) {
      return count + " " + singular + (count == 1 ? "" : "s");
    }
  }

  public Unit {
    if (layer < 0 || index < 0 || (kind != Kind.HEAD && index != 0)) {
      throw new IllegalArgumentException(
          "Layers and heads are counted from 0, and only heads have an index; got %s, layer %d, index %d"
              .formatted(kind, layer, index));
    }
  }

  public static Unit head(int layer, int index) {
    return new Unit(Kind.HEAD, layer, index);
  }

  public static Unit of(Head head) {
    return head(head.layer(), head.index());
  }

  public static Unit mlp(int layer) {
    return new Unit(Kind.MLP, layer, 0);
  }

  public static Unit attention(int layer) {
    return new Unit(Kind.ATTENTION, layer, 0);
  }

  public static Unit layer(int layer) {
    return new Unit(Kind.LAYER, layer, 0);
  }

  /** Returns the heads of a set as units. */
  public static List<Unit> of(HeadSet heads) {
    return heads.toList().stream().map(Unit::of).toList();
  }

  /** Returns all units of a kind that a model has, in order. */
  public static List<Unit> all(ModelConfig config, Kind kind) {
    return kind == Kind.HEAD
        ? of(config.allHeads())
        : IntStream.range(0, config.layers()).mapToObj(i -> new Unit(kind, i, 0)).toList();
  }

  /**
   * Returns heads by their score, the largest first.
   *
   * @param scores [layer][head]
   */
  public static List<Unit> ranked(double[][] scores) {
    List<Unit> units = new ArrayList<>();
    for (int layer = 0; layer < scores.length; layer++) {
      for (int index = 0; index < scores[layer].length; index++) {
        units.add(head(layer, index));
      }
    }
    units.sort(Comparator.comparingDouble(unit -> -scores[unit.layer()][unit.index()]));
    return List.copyOf(units);
  }

  /**
   * Returns units with one for each layer by their score, the largest first.
   *
   * @param scores [layer]
   */
  public static List<Unit> ranked(Kind kind, double[] scores) {
    if (kind == Kind.HEAD) {
      throw new IllegalArgumentException(
          "Heads have a score for each layer and head: Unit.ranked(double[layer][head])");
    }
    return IntStream.range(0, scores.length)
        .mapToObj(layer -> new Unit(kind, layer, 0))
        .sorted(Comparator.comparingDouble(unit -> -scores[unit.layer()]))
        .toList();
  }

  /**
   * Returns the head.
   *
   * @throws IllegalArgumentException if it is none
   */
  public Head head() {
    if (kind != Kind.HEAD) {
      throw new IllegalArgumentException(this + " is no head; read layer()");
    }
    return new Head(layer, index);
  }

  /** Refuses units that a model has not, and sets that are empty. */
  static void check(Collection<Unit> units, ModelConfig config) {
    if (units.isEmpty()) {
      throw new IllegalArgumentException(
          "The set of units is empty: nothing would change; name some, e.g. Unit.all(model.config(), Unit.Kind.HEAD)");
    }
    for (Unit unit : units) {
      boolean head = unit.kind == Kind.HEAD;
      if (!config.hasMlps() && (unit.kind == Kind.MLP || unit.kind == Kind.LAYER)) {
        throw new IllegalArgumentException(
            "%s has no MLP: the layers of this model are attention alone; name heads or %s"
                .formatted(unit, attention(unit.layer)));
      }
      if (unit.layer >= config.layers() || (head && unit.index >= config.heads())) {
        throw new IllegalArgumentException(
            "%s does not exist: the model has layers 0 to %d%s"
                .formatted(
                    unit,
                    config.layers() - 1,
                    head ? " with heads 0 to " + (config.heads() - 1) : ""));
      }
    }
  }

  /** Returns the cell in which these units are written together; one edit for each hook point. */
  static Cell cell(Collection<Unit> units) {
    TreeMap<HookPoint, List<Integer>> heads = new TreeMap<>();
    TreeMap<HookPoint, Slice> slices = new TreeMap<>();
    for (Unit unit : units) {
      switch (unit.kind) {
        case HEAD ->
            heads
                .computeIfAbsent(Sites.Z.at(unit.layer), point -> new ArrayList<>())
                .add(unit.index);
        case MLP -> slices.put(Sites.MLP_OUT.at(unit.layer), Slice.ALL);
        case ATTENTION -> slices.put(Sites.ATTN_OUT.at(unit.layer), Slice.ALL);
        case LAYER -> {
          slices.put(Sites.ATTN_OUT.at(unit.layer), Slice.ALL);
          slices.put(Sites.MLP_OUT.at(unit.layer), Slice.ALL);
        }
      }
    }
    heads.forEach(
        (point, indices) ->
            slices.put(
                point,
                Slice.at(
                    Axis.HEAD, indices.stream().distinct().sorted().mapToInt(i -> i).toArray())));
    return new Cell(
        slices.entrySet().stream().map(e -> new Cell.Edit(e.getKey(), e.getValue())).toList());
  }

  /** Returns what a set consists of, in words: {@code 3 heads}, {@code 1 head and 2 MLPs}. */
  static String words(Collection<Unit> units) {
    return Arrays.stream(Kind.values())
        .map(kind -> Map.entry(kind, units.stream().filter(u -> u.kind == kind).count()))
        .filter(each -> each.getValue() > 0)
        .map(each -> each.getKey().words(each.getValue()))
        .collect(Collectors.joining(" and "));
  }

  /** Orders by layer, kind and index. */
  @Override
  public int compareTo(Unit other) {
    int byLayer = Integer.compare(layer, other.layer);
    int byKind = kind.compareTo(other.kind);
    return byLayer != 0 ? byLayer : byKind != 0 ? byKind : Integer.compare(index, other.index);
  }

  @Override
  public String toString() {
    return switch (kind) {
      case HEAD -> "L" + layer + "H" + index;
      case MLP -> "MLP" + layer;
      case ATTENTION -> "ATTN" + layer;
      case LAYER -> "LAYER" + layer;
    };
  }
}
