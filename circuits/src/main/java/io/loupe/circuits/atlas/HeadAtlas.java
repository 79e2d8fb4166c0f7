package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadAgreement;
import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.sweep.AblationEffects;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which head of a model is of which kind: a map for each detector, and beside them the causal
 * effects of ablating each head, since a head that looks the part need not play it. Immutable;
 * saved as JSON and comparable with another checkpoint's.
 *
 * <pre>{@code
 * var atlas = HeadAtlas.of(model, List.of(HeadDetectors.induction(repeated), ...))
 *     .withEffect("loss of the second half", AblationSweep.mean(model, loss, repeated).heads(repeated));
 * }</pre>
 */
public final class HeadAtlas implements Displayable {
  private static final int COLUMNS = 3;

  private final Origin origin;
  private final Map<String, HeadMap> detectors;
  private final Map<String, HeadMap> effects;

  private HeadAtlas(Origin origin, Map<String, HeadMap> detectors, Map<String, HeadMap> effects) {
    this.origin = origin;
    this.detectors = detectors;
    this.effects = effects;
  }

  /**
   * Runs detectors.
   *
   * @throws IllegalArgumentException if there is none, two have one name, or one does not fit the
   *     model
   */
  public static HeadAtlas of(HookedTransformer model, List<HeadDetector> detectors) {
    return of(
        Origin.of(model), detectors.stream().map(each -> each.measure(model)).toList(), List.of());
  }

  /**
   * Puts maps together.
   *
   * @throws IllegalArgumentException if there is none, two have one name, or they are of models of
   *     different weights
   */
  public static HeadAtlas of(Origin origin, List<HeadMap> detectors, List<HeadMap> effects) {
    if (detectors.isEmpty()) {
      throw new IllegalArgumentException(
          "An atlas needs at least one detector: HeadDetectors.previousToken(texts)");
    }
    Map<String, HeadMap> names = new LinkedHashMap<>();
    for (HeadMap map : Stream.concat(detectors.stream(), effects.stream()).toList()) {
      if (names.putIfAbsent(map.name(), map) != null) {
        throw new IllegalArgumentException("Two maps are named '%s'".formatted(map.name()));
      }
      if (!map.origin().weightsSha256().equals(origin.weightsSha256())) {
        throw new IllegalArgumentException(
            "'%s' is of %s, and the atlas of %s".formatted(map.name(), map.origin(), origin));
      }
    }
    return new HeadAtlas(origin, byName(detectors), byName(effects));
  }

  private static Map<String, HeadMap> byName(List<HeadMap> maps) {
    Map<String, HeadMap> byName = new LinkedHashMap<>();
    maps.forEach(map -> byName.put(map.name(), map));
    return byName;
  }

  /** Returns this atlas with one more map from a detector, or made by hand. */
  public HeadAtlas with(HeadMap map) {
    return of(origin, joined(detectors, map), List.copyOf(effects.values()));
  }

  /**
   * Returns this atlas with the effects of ablating each head alone.
   *
   * @param name of the metric, such as {@code loss}
   * @throws IllegalArgumentException if something else than all heads was ablated, or another model
   */
  public HeadAtlas withEffect(String name, AblationEffects ablated) {
    String weights = ablated.provenance().weightsSha256();
    if (!weights.equals(origin.weightsSha256())) {
      throw new IllegalArgumentException(
          "The effects are of %s, weights %s, and the atlas of %s"
              .formatted(ablated.provenance().model(), weights, origin));
    }
    return of(
        origin,
        List.copyOf(detectors.values()),
        joined(effects, HeadMap.of(origin, name, ablated)));
  }

  private static List<HeadMap> joined(Map<String, HeadMap> maps, HeadMap more) {
    List<HeadMap> joined = new ArrayList<>(maps.values());
    joined.add(more);
    return joined;
  }

  /** Returns which model it is of. */
  public Origin origin() {
    return origin;
  }

  /** Returns the detectors' names, in order. */
  public List<String> detectors() {
    return List.copyOf(detectors.keySet());
  }

  /** Returns the effects' names, in order. */
  public List<String> effects() {
    return List.copyOf(effects.keySet());
  }

  /**
   * Returns the map of a detector or an effect.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public HeadMap map(String name) {
    HeadMap map = detectors.getOrDefault(name, effects.get(name));
    if (map == null) {
      throw new IllegalArgumentException(
          "The atlas has no map '%s'; it has %s and the effects %s"
              .formatted(name, detectors.keySet(), effects.keySet()));
    }
    return map;
  }

  /**
   * Returns a detector's highest heads, each with its score, its 95 % interval over examples, and
   * what ablating it does, with intervals.
   *
   * @param rows how many heads
   */
  public Table table(String detector, int rows) {
    HeadMap map = map(detector);
    List<String> header = new ArrayList<>(List.of("head", detector, "95 %"));
    for (String effect : effects.keySet()) {
      header.add("effect on " + effect);
      header.add("95 %" + " ".repeat(header.size() / 2));
    }
    Table table = Table.of(header);
    for (Head head : map.ranked().subList(0, Math.min(rows, map.ranked().size()))) {
      List<Object> cells = new ArrayList<>(List.of(head, map.score(head), map.interval(head)));
      for (HeadMap effect : effects.values()) {
        cells.add(effect.score(head));
        cells.add(effect.interval(head));
      }
      table = table.row(cells.toArray());
    }
    return table;
  }

  /**
   * Returns for each detector its best head with score, interval and effects; none where all heads
   * score alike.
   */
  public Table table() {
    List<String> header = new ArrayList<>(List.of("detector", "head", "score", "95 %", "examples"));
    effects.keySet().forEach(effect -> header.add("effect on " + effect));
    Table table = Table.of(header);
    for (HeadMap map : detectors.values()) {
      List<Head> ranked = map.ranked();
      List<@Nullable Object> cells = new ArrayList<>();
      cells.add(map.name());
      if (ranked.isEmpty()
          || map.score(ranked.get(0)) == map.score(ranked.get(ranked.size() - 1))) {
        cells.add("none");
        cells.add(ranked.isEmpty() ? null : map.score(ranked.get(0)));
        cells.add(null);
        cells.add(map.examples());
        effects.values().forEach(effect -> cells.add(null));
        table = table.row(cells.toArray());
        continue;
      }
      Head head = ranked.get(0);
      cells.add(head);
      cells.add(map.score(head));
      cells.add(map.interval(head));
      cells.add(map.examples());
      effects.values().forEach(effect -> cells.add(effect.score(head)));
      table = table.row(cells.toArray());
    }
    return table;
  }

  /** Returns what each detector measures, and its source. */
  public Table definitions() {
    Table table = Table.of("detector", "definition", "source", "examples");
    for (HeadMap map : detectors.values()) {
      table =
          table.row(
              map.name(), map.label().definition(), map.label().source(), map.label().examples());
    }
    return table;
  }

  /** Draws a map for each detector and each effect, layers down and heads across. */
  public Figure plot() {
    List<Heatmap> figures =
        Stream.concat(detectors.values().stream(), effects.values().stream())
            .map(map -> map.heatmap().colorLabel("").title(map.name()))
            .toList();
    return figures.size() == 1 ? figures.get(0) : Plots.grid(figures, COLUMNS);
  }

  /**
   * Compares with another model's or checkpoint's atlas, detector by detector; see {@link
   * HeadAgreement}.
   *
   * @param top how many heads of each
   * @throws IllegalArgumentException if the models have different shapes, or no detector is in both
   */
  public List<HeadAgreement> agreement(HeadAtlas other, int top) {
    List<String> shared = detectors.keySet().stream().filter(other.detectors::containsKey).toList();
    if (shared.isEmpty()) {
      throw new IllegalArgumentException(
          "No detector is in both: %s and %s"
              .formatted(detectors.keySet(), other.detectors.keySet()));
    }
    return shared.stream().map(name -> map(name).agreement(other.map(name), top)).toList();
  }

  /**
   * Writes the atlas as JSON, every value of every example in it.
   *
   * @throws IOException if it cannot be written
   */
  public void save(Path file) throws IOException {
    AtlasFile.save(file, origin, List.copyOf(detectors.values()), List.copyOf(effects.values()));
  }

  /**
   * Reads an atlas.
   *
   * @throws IOException an {@link AtlasFileException} if the file is no atlas or is damaged
   */
  public static HeadAtlas load(Path file) throws IOException {
    return AtlasFile.load(file);
  }

  @Override
  public MimeBundle display() {
    return table().display(caption());
  }

  private String caption() {
    return "Head atlas of %s: the best head of each kind".formatted(origin);
  }

  @Override
  public String toString() {
    return caption() + ":\n" + table();
  }
}
