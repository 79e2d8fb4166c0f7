package io.loupe.workbench.sweep;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.ContinuationMemory;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Which cells go through the model together, and for which layers a base run is kept. Cells that
 * begin at the same layer go together, those that change the same columns first, since a pass
 * begins at the first column that any of its copies changes. Without a budget one base run is kept
 * for all layers.
 */
final class PassPlan {
  private final Tokens tokens;
  private final List<Cell> cells;
  private final Donors donors;
  private final OptionalLong budget;
  private final ContinuationMemory memory;
  private final boolean skips;
  private final int mostCopies;
  private final Set<Site> sites = new HashSet<>();
  private final TreeMap<Integer, List<Integer>> byLayer = new TreeMap<>(); // indices of cells
  private final int[] columns;

  /** Cells that go through the model together, from a layer and a column on. */
  record Pass(int layer, int column, List<Integer> cells) {}

  /** Passes over one base run. */
  record Group(Continuation.Extent extent, Set<HookPoint> points, List<Pass> passes) {
    List<Integer> cells() {
      return passes.stream().flatMap(pass -> pass.cells().stream()).toList();
    }
  }

  PassPlan(
      HookedTransformer model,
      Tokens tokens,
      Metric metric,
      List<Cell> cells,
      Donors donors,
      OptionalLong budget) {
    this.tokens = tokens;
    this.cells = cells;
    this.donors = donors;
    this.budget = budget;
    this.memory = new ContinuationMemory(model, tokens, metric);
    this.skips = Continuation.canSkipColumns(model);
    this.mostCopies = Continuation.mostCopies(model);
    this.columns = new int[cells.size()];
    for (int i = 0; i < cells.size(); i++) {
      Cell cell = cells.get(i);
      if (!cell.isEmpty()) {
        columns[i] = skips ? cell.column(tokens) : 0;
        byLayer.computeIfAbsent(cell.layer(), layer -> new ArrayList<>()).add(i);
        cell.edits().forEach(edit -> sites.add(edit.at().site()));
      }
    }
  }

  /** Returns the groups in the order in which they are run; none if no cell changes anything. */
  List<Group> groups() {
    List<Group> groups = new ArrayList<>();
    List<Integer> layers = new ArrayList<>();
    for (int layer : byLayer.keySet()) {
      layers.add(layer);
      if (layers.size() > 1 && !fits(layers)) {
        layers.remove(layers.size() - 1);
        groups.add(group(layers));
        layers = new ArrayList<>(List.of(layer));
      }
    }
    if (!layers.isEmpty()) {
      groups.add(group(layers));
    }
    return groups;
  }

  /**
   * Refuses a budget that the sweep cannot do with.
   *
   * @throws IllegalArgumentException naming the least
   */
  void check() {
    if (budget.isEmpty()) {
      return;
    }
    long least =
        byLayer.keySet().stream().mapToLong(layer -> least(List.of(layer))).max().orElse(0);
    if (least > budget.getAsLong()) {
      throw new IllegalArgumentException(
          "The sweep cannot do with a memory budget of %,d bytes: one copy of %s and what is kept for one layer take %,d. Call memory(%dL), or take fewer prompts"
              .formatted(budget.getAsLong(), tokens, least, least));
    }
  }

  private boolean fits(List<Integer> layers) {
    return budget.isEmpty() || least(layers) <= budget.getAsLong();
  }

  /** Returns what these layers' base run takes, with passes of one copy. */
  private long least(List<Integer> layers) {
    int first = layers.stream().flatMap(this::in).mapToInt(i -> columns[i]).min().orElseThrow();
    long onTheWay = Math.max(memory.run(tokens), donors.run(memory));
    return kept(layers) + Math.max(onTheWay, memory.pass(1, first, sites));
  }

  private long kept(List<Integer> layers) {
    return memory.kept(extent(layers)) + donors.kept(points(layers), memory);
  }

  private Continuation.Extent extent(List<Integer> layers) {
    boolean keepColumns = Arrays.stream(columns).anyMatch(column -> column > 0);
    return new Continuation.Extent(
        sites, layers.get(0), layers.get(layers.size() - 1) + 1, keepColumns);
  }

  private Set<HookPoint> points(List<Integer> layers) {
    Set<HookPoint> points = new HashSet<>();
    layers.stream()
        .flatMap(this::in)
        .forEach(i -> cells.get(i).edits().forEach(edit -> points.add(edit.at())));
    return points;
  }

  private Stream<Integer> in(int layer) {
    return byLayer.getOrDefault(layer, List.of()).stream();
  }

  private Group group(List<Integer> layers) {
    long kept = budget.isEmpty() ? 0 : kept(layers);
    List<Pass> passes = new ArrayList<>();
    for (int layer : layers) {
      List<Integer> order = in(layer).sorted(Comparator.comparingInt(i -> columns[i])).toList();
      int next = 0;
      while (next < order.size()) {
        int column = columns[order.get(next)];
        int copies = Math.min(copies(column, kept), order.size() - next);
        passes.add(new Pass(layer, column, order.subList(next, next + copies)));
        next += copies;
      }
    }
    return new Group(extent(layers), points(layers), passes);
  }

  private int copies(int column, long kept) {
    int wanted = Continuation.copiesOf(tokens.batch() * (tokens.length() - column));
    int copies = Math.min(wanted, mostCopies);
    if (budget.isPresent()) {
      while (copies > 1 && kept + memory.pass(copies, column, sites) > budget.getAsLong()) {
        copies--;
      }
    }
    return copies;
  }
}
