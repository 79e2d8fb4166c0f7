package io.loupe.workbench.sweep;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * How an effect grows with the size of a set: the k units with the largest score, for growing k,
 * against k random ones. A score that finds the units that matter has its curve far from the random
 * ones. {@code GrowthSweep.ablating(AblationSweep.mean(model, metric, stories),
 * tokens).over(effects.ranked())}.
 */
public final class GrowthSweep extends CellSweep<GrowthSweep> {
  private static final int ALL_SIZES = 12;

  private final Source source;
  private final List<Integer> sizes; // empty for the default ones
  private final int draws;
  private final long seed;

  /** What is done to sets of units. */
  private interface Source {
    /** Refuses units that it cannot take. */
    void check(List<Unit> units);

    CellRunner.Outcome run(String name, List<List<Unit>> sets, SweepOptions options);

    String words();

    HookedTransformer model();

    Tokens tokens();
  }

  private GrowthSweep(
      Source source, List<Integer> sizes, int draws, long seed, SweepOptions options) {
    super(options);
    this.source = source;
    this.sizes = sizes;
    this.draws = draws;
    this.seed = seed;
  }

  /** Grows the set that is ablated. */
  public static GrowthSweep ablating(AblationSweep ablation, Tokens tokens) {
    Source source =
        new Source() {
          @Override
          public void check(List<Unit> units) {
            ablation.different(units, tokens);
          }

          @Override
          public CellRunner.Outcome run(String name, List<List<Unit>> sets, SweepOptions options) {
            return ablation.with(options).run(name, sets, tokens);
          }

          @Override
          public String words() {
            return ablation.ablation().named(ablation.model().gauge());
          }

          @Override
          public HookedTransformer model() {
            return ablation.model();
          }

          @Override
          public Tokens tokens() {
            return tokens;
          }
        };
    return new GrowthSweep(source, List.of(), 10, 0, ablation.options());
  }

  /**
   * Grows the set that is patched: {@link PatchingSweep#denoising(HookedTransformer, Tokens,
   * Tokens, Metric)} for the units that suffice, noising for those that are needed.
   */
  public static GrowthSweep patching(PatchingSweep patching) {
    Source source =
        new Source() {
          @Override
          public void check(List<Unit> units) {
            Unit.check(units, patching.model().config());
          }

          @Override
          public CellRunner.Outcome run(String name, List<List<Unit>> sets, SweepOptions options) {
            return patching.with(options).sets(name, sets);
          }

          @Override
          public String words() {
            return patching.isDenoising() ? "denoising" : "noising";
          }

          @Override
          public HookedTransformer model() {
            return patching.model();
          }

          @Override
          public Tokens tokens() {
            return patching.target();
          }
        };
    return new GrowthSweep(source, List.of(), 10, 0, patching.options());
  }

  /**
   * Sets the sizes of the sets.
   *
   * @param ks at least two different ones, from 0 on; without this call all sizes up to 12 units,
   *     and for more units 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, ... and all
   */
  public GrowthSweep sizes(int... ks) {
    List<Integer> ascending = Arrays.stream(ks).sorted().distinct().boxed().toList();
    if (ascending.size() < 2 || ascending.get(0) < 0) {
      throw new IllegalArgumentException(
          "A curve needs at least two different sizes, from 0 on; got " + Arrays.toString(ks));
    }
    return new GrowthSweep(source, ascending, draws, seed, options());
  }

  /**
   * Sets how many random orders the units are compared with; ten, with seed 0, without this call.
   *
   * @param seed the same seed draws the same orders
   */
  public GrowthSweep random(int draws, long seed) {
    if (draws < 1) {
      throw new IllegalArgumentException("A curve needs at least one random order; got " + draws);
    }
    return new GrowthSweep(source, sizes, draws, seed, options());
  }

  @Override
  GrowthSweep with(SweepOptions changed) {
    return new GrowthSweep(source, sizes, draws, seed, changed);
  }

  /**
   * Grows sets along a ranking.
   *
   * @param ranked all units to choose from, the best first: {@code effects.ranked()}, {@link
   *     Unit#ranked}
   * @throws IllegalArgumentException before any run, if the model has not one of them, one comes
   *     twice, or a size is beyond them
   */
  public GrowthCurve over(List<Unit> ranked) {
    source.check(ranked);
    if (new LinkedHashSet<>(ranked).size() != ranked.size()) {
      throw new IllegalArgumentException("A ranking has each unit once; got " + ranked);
    }
    List<Integer> ks = sizes.isEmpty() ? defaults(ranked.size()) : sizes;
    if (ks.get(ks.size() - 1) > ranked.size()) {
      throw new IllegalArgumentException(
          "There are %d units to choose from; got sizes up to %d"
              .formatted(ranked.size(), ks.get(ks.size() - 1)));
    }
    List<List<Unit>> orders = new ArrayList<>(List.of(ranked));
    for (int draw = 0; draw < draws; draw++) {
      List<Unit> order = new ArrayList<>(ranked);
      order.sort(null); // so that the ranking has no part in the draw
      Collections.shuffle(order, new Random(seed + draw));
      orders.add(order);
    }
    return curve(ranked, ks, orders);
  }

  /** Sets that come more than once (none, all) are run once. */
  private GrowthCurve curve(List<Unit> ranked, List<Integer> ks, List<List<Unit>> orders) {
    Map<List<Unit>, Integer> sets = new LinkedHashMap<>();
    int[][] cells = new int[orders.size()][ks.size()];
    for (int order = 0; order < cells.length; order++) {
      for (int i = 0; i < ks.size(); i++) {
        List<Unit> set = new ArrayList<>(orders.get(order).subList(0, ks.get(i)));
        set.sort(null);
        Integer known = sets.putIfAbsent(set, sets.size());
        cells[order][i] = known == null ? sets.size() - 1 : known;
      }
    }
    String name =
        "growth by %s of %s (%d random orders, seed %d)"
            .formatted(source.words(), Unit.words(ranked), draws, seed);
    CellRunner.Outcome outcome = source.run(name, List.copyOf(sets.keySet()), options());
    List<double[][]> curves = new ArrayList<>();
    for (int[] order : cells) {
      curves.add(Arrays.stream(order).mapToObj(outcome.values()::get).toArray(double[][]::new));
    }
    return new GrowthCurve(
        new GrowthCurve.Plan(source.model(), source.tokens(), source.words(), ranked, ks, seed),
        outcome.baseline(),
        curves.get(0),
        curves.subList(1, curves.size()));
  }

  private static List<Integer> defaults(int units) {
    if (units <= ALL_SIZES) {
      return IntStream.rangeClosed(0, units).boxed().toList();
    }
    List<Integer> sizes = new ArrayList<>(List.of(0, 1, 2, 3));
    for (int size = 4; size < units; size *= 2) {
      sizes.add(size);
      if (size + size / 2 < units) {
        sizes.add(size + size / 2);
      }
    }
    sizes.add(units);
    return sizes;
  }
}
