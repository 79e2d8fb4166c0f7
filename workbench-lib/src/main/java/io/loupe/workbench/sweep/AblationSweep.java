package io.loupe.workbench.sweep;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * What heads, MLPs, attention sublayers and layers do for a metric, found by ablating them: each
 * alone, a set together, or a set against random sets of the same size. The numbers are those of
 * one full forward pass for each ablation; see {@link io.loupe.workbench.model.Continuation} for
 * what is not computed again.
 *
 * <p>Zero ablation takes a unit out of its usual range and depends on the gauge of the weights,
 * {@link HookedTransformer#gauge}, so its results say which one; mean ablation keeps what the unit
 * does on average and removes what it says about this input; resample ablation also keeps its
 * spread. Look at more than one.
 */
public final class AblationSweep extends CellSweep<AblationSweep> {
  private final HookedTransformer model;
  private final Metric metric;
  private final Ablation ablation;

  private AblationSweep(
      HookedTransformer model, Metric metric, Ablation ablation, SweepOptions options) {
    super(options);
    this.model = model;
    this.metric = metric;
    this.ablation = ablation;
  }

  private static AblationSweep of(
      HookedTransformer model,
      Metric metric,
      Ablation.Kind kind,
      Optional<Tokens> reference,
      long seed) {
    return new AblationSweep(
        model, metric, new Ablation(kind, reference, seed), SweepOptions.DEFAULT);
  }

  /** Ablates units by setting what they write to zero. */
  public static AblationSweep zero(HookedTransformer model, Metric metric) {
    return of(model, metric, Ablation.Kind.ZERO, Optional.empty(), 0);
  }

  /** Ablates units by setting what they write to its mean over all tokens of a reference. */
  public static AblationSweep mean(HookedTransformer model, Metric metric, Tokens reference) {
    return of(model, metric, Ablation.Kind.MEAN, Optional.of(reference), 0);
  }

  /**
   * Ablates units by setting what they write at each position to its mean over a reference's rows
   * at that position.
   *
   * @param reference rows of equal length, as long as the rows that are ablated
   */
  public static AblationSweep meanPerPosition(
      HookedTransformer model, Metric metric, Tokens reference) {
    return of(model, metric, Ablation.Kind.MEAN_PER_POSITION, Optional.of(reference), 0);
  }

  /**
   * Ablates units by setting what they write in each row to what they write in another row of a
   * reference (Chan et al. 2022).
   *
   * @param reference at least two rows, as many and as long as those that are ablated; where they
   *     are the same prompts, no row gets its own
   * @param seed draws the rows; the same for all units
   */
  public static AblationSweep resample(
      HookedTransformer model, Metric metric, Tokens reference, long seed) {
    return of(model, metric, Ablation.Kind.RESAMPLE, Optional.of(reference), seed);
  }

  @Override
  AblationSweep with(SweepOptions changed) {
    return new AblationSweep(model, metric, ablation, changed);
  }

  HookedTransformer model() {
    return model;
  }

  /** Ablates every head alone. */
  public AblationEffects heads(Tokens tokens) {
    return each(Unit.all(model.config(), Unit.Kind.HEAD), tokens);
  }

  /** Ablates every MLP alone. */
  public AblationEffects mlps(Tokens tokens) {
    return each(Unit.all(model.config(), Unit.Kind.MLP), tokens);
  }

  /** Ablates every attention sublayer alone. */
  public AblationEffects attentions(Tokens tokens) {
    return each(Unit.all(model.config(), Unit.Kind.ATTENTION), tokens);
  }

  /** Ablates every layer alone: what its attention and its MLP add. */
  public AblationEffects layers(Tokens tokens) {
    return each(Unit.all(model.config(), Unit.Kind.LAYER), tokens);
  }

  /** Ablates some units, each alone; and all of them together, as the other baseline. */
  public AblationEffects each(List<Unit> units, Tokens tokens) {
    List<Unit> different = different(units, tokens);
    List<List<Unit>> sets = new ArrayList<>();
    different.forEach(unit -> sets.add(List.of(unit)));
    sets.add(different);
    CellRunner.Outcome outcome =
        run("%s of %s".formatted(ablation.kind(), Unit.words(different)), sets, tokens);
    return new AblationEffects(
        new AblationEffects.Plan(model, ablation, different, tokens),
        outcome.baseline(),
        outcome.values().get(different.size()),
        outcome.values().subList(0, different.size()));
  }

  /** Ablates the units of a set together; returns the metric for each example, [row]. */
  public double[] together(List<Unit> units, Tokens tokens) {
    List<Unit> different = different(units, tokens);
    return run(
            "%s of %s together".formatted(ablation.kind(), Unit.words(different)),
            List.of(different),
            tokens)
        .values()
        .get(0);
  }

  /** Ablates the heads of a set together; returns the metric for each example, [row]. */
  public double[] together(HeadSet heads, Tokens tokens) {
    return together(Unit.of(heads), tokens);
  }

  /** Compares what a set does together with the sum of what its units do, each alone. */
  public JointEffect joint(List<Unit> units, Tokens tokens) {
    AblationEffects effects = each(units, tokens);
    return new JointEffect(effects);
  }

  /** Compares what a set of heads does together with the sum of what each does alone. */
  public JointEffect joint(HeadSet heads, Tokens tokens) {
    return joint(Unit.of(heads), tokens);
  }

  /**
   * Compares a set with random sets of as many units of each kind, drawn from the model's others.
   *
   * @param draws how many random sets
   * @param seed the same seed draws the same sets
   * @throws IllegalArgumentException before any run, if there are not enough others
   */
  public RandomControl againstRandom(List<Unit> units, Tokens tokens, int draws, long seed) {
    List<Unit> different = different(units, tokens);
    if (draws < 1) {
      throw new IllegalArgumentException("A control needs at least one random set; got " + draws);
    }
    List<List<Unit>> sets = new ArrayList<>(List.of(different));
    for (int draw = 0; draw < draws; draw++) {
      sets.add(randomLike(different, seed + draw));
    }
    String name =
        "%s of %s against %d random sets (seed %d)"
            .formatted(ablation.kind(), Unit.words(different), draws, seed);
    CellRunner.Outcome outcome = run(name, sets, tokens);
    List<double[]> effects =
        outcome.values().stream().map(v -> Effects.minus(v, outcome.baseline())).toList();
    return new RandomControl(
        ablation.named(model.gauge()),
        different,
        Arrays.stream(effects.get(0)).boxed().toList(),
        effects.stream().skip(1).map(Effects::mean).toList(),
        seed);
  }

  /** Compares a set of heads with random sets of as many other heads. */
  public RandomControl againstRandom(HeadSet heads, Tokens tokens, int draws, long seed) {
    return againstRandom(Unit.of(heads), tokens, draws, seed);
  }

  /** Returns as many units of each kind, none of them among those given. */
  private List<Unit> randomLike(List<Unit> units, long seed) {
    List<Unit> drawn = new ArrayList<>();
    for (Unit.Kind kind : Unit.Kind.values()) {
      long wanted = units.stream().filter(unit -> unit.kind() == kind).count();
      List<Unit> others = new ArrayList<>(Unit.all(model.config(), kind));
      others.removeAll(units);
      if (wanted > others.size()) {
        throw new IllegalArgumentException(
            "Random sets of %s cannot be drawn from %s that are not in the set; take a smaller set, or compare growth: GrowthSweep"
                .formatted(kind.words(wanted), kind.words(others.size())));
      }
      Collections.shuffle(others, new Random(seed));
      drawn.addAll(others.subList(0, (int) wanted));
    }
    drawn.sort(null);
    return drawn;
  }

  /** Ablates each set in a copy of the batch. */
  CellRunner.Outcome run(String name, List<List<Unit>> sets, Tokens tokens) {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("ablation", ablation.named(model.gauge()));
    parts.put("reference", ablation.reference().map(SweepIdentity::words).orElse("none"));
    parts.put("sets", sets.toString());
    return new CellRunner(model, tokens, metric, new AblationDonors(model, ablation), options())
        .run(new SweepIdentity(name, parts), sets.stream().map(Unit::cell).toList());
  }

  Ablation ablation() {
    return ablation;
  }

  /** Refuses what cannot be ablated. */
  List<Unit> different(List<Unit> units, Tokens tokens) {
    Unit.check(units, model.config());
    checkReference(tokens);
    return List.copyOf(new LinkedHashSet<>(units));
  }

  private void checkReference(Tokens tokens) {
    Tokens reference = ablation.reference().orElse(tokens);
    boolean sameLength = reference.length() == tokens.length();
    boolean fits =
        switch (ablation.kind()) {
          case ZERO, MEAN -> true;
          case MEAN_PER_POSITION -> sameLength && !reference.isPadded() && !tokens.isPadded();
          case RESAMPLE ->
              sameLength && reference.batch() == tokens.batch() && reference.batch() >= 2;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          ablation.kind() == Ablation.Kind.RESAMPLE
              ? "Resample ablation needs a reference of at least two rows, as many and as long as those that are ablated; got %s for %s. Take AblationSweep.mean(model, metric, reference), which takes any"
                  .formatted(reference, tokens)
              : "A mean per position needs a reference without padding, as long as the rows that are ablated; got %s for %s. Take AblationSweep.mean(model, metric, reference), which takes any"
                  .formatted(reference, tokens));
    }
  }
}
