package io.loupe.probes.sweep;

import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Spot;
import io.loupe.probes.score.Scores;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.HookPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The probes of a sweep with their scores and controls. Scores are of test examples, features were
 * standardised with the training examples' mean and deviation, and "±" is one standard deviation
 * over seeds or folds. Immutable.
 */
public final class ProbeResults implements Displayable {
  private final Labelled labelled;
  private final Origin origin;
  private final ProbeOptions options;
  private final long seed;
  private final List<Spot> spots;
  private final List<Trials> trials; // as spots
  private final List<Scores> random;

  ProbeResults(
      Labelled labelled,
      Origin origin,
      ProbeOptions options,
      long seed,
      List<Spot> spots,
      List<Trials> trials,
      List<Scores> random) {
    this.labelled = labelled;
    this.origin = origin;
    this.options = options;
    this.seed = seed;
    this.spots = List.copyOf(spots);
    this.trials = List.copyOf(trials);
    this.random = List.copyOf(random);
  }

  /** Returns labels, groups and types. */
  public Labelled labelled() {
    return labelled;
  }

  /** Returns where the features come from. */
  public Origin origin() {
    return origin;
  }

  public ProbeOptions options() {
    return options;
  }

  /** Returns the seed of the first partition. */
  public long seed() {
    return seed;
  }

  /** Returns all places, in the order in which they were named. */
  public List<Spot> spots() {
    return spots;
  }

  /**
   * Returns a place's probes, of the first pooling.
   *
   * @throws IllegalArgumentException if there are none; it names the places
   */
  public Trials at(HookPoint point) {
    return at(new Spot(point, spots.get(0).pooling()));
  }

  /** Returns a place's probes. */
  public Trials at(Spot spot) {
    int index = spots.indexOf(spot);
    if (index < 0) {
      throw new IllegalArgumentException(
          "No probe was trained at %s; there are %s".formatted(spot, spots));
    }
    return trials.get(index);
  }

  /** Returns the place whose probes did best on the validation examples, mean over seeds. */
  public Spot best() {
    return spots.stream()
        .max(Comparator.comparingDouble(spot -> at(spot).mean(trial -> trial.validation().value())))
        .orElseThrow();
  }

  /**
   * Returns the first place whose test score reaches a share of the best place's (the depth of a
   * concept: Jin et al. 2024, Exploring Concept Depth).
   *
   * @param share in (0, 1]
   */
  public Spot firstAt(double share) {
    double most = trials.stream().mapToDouble(Trials::value).max().orElseThrow();
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("Expected a share in (0, 1], got " + share);
    }
    return spots.stream()
        .filter(spot -> at(spot).value() >= share * most)
        .findFirst()
        .orElseGet(this::best); // where even the best is below 0
  }

  /** Returns the name of the score: {@code accuracy}, {@code R2} or {@code micro F1}. */
  public String measure() {
    return trials.get(0).measure();
  }

  /** Returns the score of probes on random features, mean over seeds; NaN if left out. */
  public double randomFeatures() {
    return random.stream().mapToDouble(Scores::value).average().orElse(Double.NaN);
  }

  /**
   * Returns the share of test examples whose type the training examples have too, mean over seeds:
   * near 0, the control task cannot be learnt by memorising types.
   */
  public double seenTypes() {
    return trials.get(0).mean(t -> labelled.seenTypes(t.partition().test(), t.partition().train()));
  }

  /** Returns each place with its score, controls, and the setting that was chosen most often. */
  public Table table() {
    boolean classes = measure().equals("accuracy");
    List<String> header = new ArrayList<>(List.of("place", "pooling", measure(), "±"));
    if (options.controls()) {
      header.addAll(List.of("control", "selectivity", "shuffled"));
    }
    header.add("majority");
    if (classes) {
      header.addAll(List.of("AUROC", "calibration error"));
    }
    header.add("setting");
    Table table = Table.of(header);
    for (Spot spot : spots) {
      Trials own = at(spot);
      List<Object> row =
          new ArrayList<>(List.of(spot.point(), spot.pooling(), own.value(), own.deviation()));
      if (options.controls()) {
        row.addAll(List.of(own.control(), own.selectivity(), own.shuffled()));
      }
      row.add(own.majority());
      if (classes) {
        row.addAll(List.of(own.named("AUROC"), own.named("calibration error")));
      }
      row.add(usualSetting(own));
      table = table.row(row.toArray());
    }
    return table;
  }

  private static String usualSetting(Trials own) {
    return own.all().stream()
        .collect(Collectors.groupingBy(Trial::setting, Collectors.counting()))
        .entrySet()
        .stream()
        .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .orElseThrow()
        .getKey();
  }

  /** Draws the score over places with its controls; bands are one standard deviation over seeds. */
  public LineChart plot() {
    return plot(spots.get(0).pooling());
  }

  /** Draws the score over places with its controls, of one pooling. */
  public LineChart plot(Pooling pooling) {
    List<Spot> own = of(pooling);
    LineChart chart = band(Plots.lines(), own, "probe", trial -> trial.test().value());
    if (options.controls()) {
      chart = band(chart, own, "control task", trial -> Trials.value(trial.control()));
      chart = band(chart, own, "shuffled labels", trial -> Trials.value(trial.shuffled()));
      double[] noise = new double[own.size()];
      Arrays.fill(noise, randomFeatures());
      chart = chart.series("random features", noise);
    }
    return named(band(chart, own, "majority", trial -> trial.majority().value()), own)
        .title("%s: %s of probes at the %s".formatted(labelled.name(), measure(), pooling));
  }

  /** Draws the score over places, one line for each pooling. */
  public LineChart poolingPlot() {
    LineChart chart = Plots.lines();
    List<Pooling> poolings = options.poolings();
    for (Pooling pooling : poolings) {
      chart = band(chart, of(pooling), pooling.toString(), trial -> trial.test().value());
    }
    return named(chart, of(poolings.get(0)))
        .title("%s: %s by pooling".formatted(labelled.name(), measure()));
  }

  /** Draws the score of each place (rows) and pooling (columns). */
  public Heatmap heatmap() {
    List<Pooling> poolings = options.poolings();
    List<HookPoint> points = spots.stream().map(Spot::point).distinct().toList();
    double[][] values = new double[points.size()][poolings.size()];
    for (int i = 0; i < values.length; i++) {
      for (int p = 0; p < poolings.size(); p++) {
        values[i][p] = at(new Spot(points.get(i), poolings.get(p))).value();
      }
    }
    return Plots.heatmap(values)
        .rows(points.stream().map(HookPoint::toString).toList())
        .columns(poolings.stream().map(Pooling::toString).toList())
        .colorLabel(measure())
        .title("%s: %s by place and pooling".formatted(labelled.name(), measure()));
  }

  private List<Spot> of(Pooling pooling) {
    List<Spot> own = spots.stream().filter(spot -> spot.pooling().equals(pooling)).toList();
    if (own.isEmpty()) {
      throw new IllegalArgumentException(
          "No probe was trained with %s; there are %s".formatted(pooling, options.poolings()));
    }
    return own;
  }

  private LineChart band(
      LineChart chart, List<Spot> spots, String name, ToDoubleFunction<Trial> of) {
    double[] x = IntStream.range(0, spots.size()).asDoubleStream().toArray();
    double[] mean = spots.stream().mapToDouble(spot -> at(spot).mean(of)).toArray();
    double[] low = new double[x.length];
    double[] high = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double deviation = at(spots.get(i)).deviation(of);
      low[i] = mean[i] - deviation;
      high[i] = mean[i] + deviation;
    }
    return chart.series(name, x, mean, low, high);
  }

  private LineChart named(LineChart chart, List<Spot> own) {
    HookPoint first = own.get(0).point();
    boolean oneSite = own.stream().allMatch(spot -> spot.point().site().equals(first.site()));
    boolean stream = !oneSite && own.size() > 1 && own.get(1).point().layer() == 0;
    return chart
        .xLabel(
            oneSite
                ? "layer, " + first.site()
                : stream ? "layers behind (0: %s)".formatted(first) : "place, in the order named")
        .yLabel(measure() + " (band: ± 1 sd over " + trials.get(0).all().size() + " seeds)");
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(table().display()).and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    Trials best = at(best());
    return "Probes of %s (%s), %d places: %s up to %.3f ± %.3f at %s (chosen on validation), control %.3f (%.0f %% of test types seen in training), selectivity %.3f, shuffled %.3f, random features %.3f, majority %.3f"
        .formatted(
            labelled.name(),
            origin.model(),
            spots.size(),
            measure(),
            best.value(),
            best.deviation(),
            best.place(),
            best.control(),
            100 * seenTypes(),
            best.selectivity(),
            best.shuffled(),
            randomFeatures(),
            best.majority());
  }
}
