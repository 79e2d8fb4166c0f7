package io.loupe.probes.attention;

import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Partition;
import io.loupe.probes.score.ClassScores;
import io.loupe.probes.score.Scores;
import io.loupe.probes.sweep.Trial;
import io.loupe.probes.sweep.Trials;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A detector on attention features over all seeds or folds, beside its baselines. Areas are under
 * ROC curves of test examples; one half is chance. Immutable.
 */
public final class DetectorResults implements Displayable {
  private final AttentionFeatures features;
  private final Trials trials;
  private final List<Scored> scored;
  private final List<SingleFeature> singles;
  private final List<Scored> random;
  private final long seed;

  DetectorResults(
      AttentionFeatures features,
      Trials trials,
      List<Scored> scored,
      List<SingleFeature> singles,
      List<Scored> random,
      long seed) {
    this.features = features;
    this.trials = trials;
    this.scored = List.copyOf(scored);
    this.singles = List.copyOf(singles);
    this.random = List.copyOf(random);
    this.seed = seed;
  }

  /** Returns the trained probes with partition, setting, accuracy and controls. */
  public Trials trials() {
    return trials;
  }

  /** Returns the partitions, one for each seed or fold. */
  public List<Partition> partitions() {
    return trials.all().stream().map(Trial::partition).toList();
  }

  /** Returns the test examples' scores, one for each seed or fold. */
  public List<Scored> scored() {
    return scored;
  }

  /** Returns the best single feature of each seed or fold, chosen on its training examples. */
  public List<SingleFeature> singles() {
    return singles;
  }

  /** Returns the area under the ROC curve, mean over seeds or folds. */
  public double auroc() {
    return mean(scored, Scored::auroc);
  }

  /** Returns its standard deviation over seeds or folds; 0 for one. */
  public double deviation() {
    return trials.deviation(trial -> scored.get(trials.all().indexOf(trial)).auroc());
  }

  /** Returns a 95 % bootstrap interval of the first seed's area, over whole groups. */
  public Interval interval() {
    return scored.get(0).interval(seed);
  }

  /** Returns the area of the best single feature, mean over seeds or folds. */
  public double single() {
    return mean(singles, single -> single.test().auroc());
  }

  /**
   * Returns a 95 % bootstrap interval of what the detector adds to the best single feature, in
   * area, for the first seed: with zero in it, one head says as much.
   */
  public Interval gain() {
    return scored.get(0).difference(singles.get(0).test(), seed);
  }

  /** Returns the area with random features, mean over seeds or folds. */
  public double randomFeatures() {
    return mean(random, Scored::auroc);
  }

  /** Returns the area with shuffled training labels; NaN if options left controls out. */
  public double shuffled() {
    return trials.mean(trial -> area(trial.shuffled()));
  }

  private static double area(Optional<Scores> scores) {
    return scores.map(own -> ((ClassScores) own).auroc()).orElse(Double.NaN);
  }

  /**
   * Scores other examples with the first seed's detector: another task, other wordings.
   *
   * @param others the same features of the same heads, in the same order
   * @throws IllegalArgumentException if the columns differ, or a group was trained on
   */
  public Scored transfer(AttentionFeatures others) {
    if (!others.names().equals(features.names())) {
      throw new IllegalArgumentException(
          "The detector reads %s of %d heads; these features are %s of %d heads"
              .formatted(
                  features.kinds(),
                  features.heads().size(),
                  others.kinds(),
                  others.heads().size()));
    }
    Trial first = trials.first();
    List<String> seen =
        Arrays.stream(first.partition().train())
            .mapToObj(features.labelled().groups()::get)
            .toList();
    List<String> groups = others.labelled().groups();
    int[] rows =
        IntStream.range(0, groups.size()).filter(i -> !seen.contains(groups.get(i))).toArray();
    if (rows.length == 0) {
      throw new IllegalArgumentException(
          "All %d groups of '%s' were trained on; give examples of others"
              .formatted(groups.size(), others.labelled().name()));
    }
    double[] scores = AttentionDetector.scores(first.probe(), others.values(), rows);
    return AttentionDetector.scored(others.labelled(), rows, scores);
  }

  /**
   * Draws a feature's weights in the first seed's detector, layers down and heads across, each
   * times the feature's standard deviation in training: what one deviation moves the log odds by.
   */
  public Heatmap weights(HeadFeature kind) {
    double[] direction = trials.first().probe().direction(1);
    int[] train = trials.first().partition().train();
    List<Head> heads = features.heads();
    int from = features.names().indexOf(heads.get(0) + " " + kind);
    if (from < 0) {
      throw new IllegalArgumentException(
          "The detector does not read '%s', only %s".formatted(kind, features.kinds()));
    }
    int layers = heads.stream().mapToInt(head -> head.layer() + 1).max().orElse(0);
    int across = heads.stream().mapToInt(head -> head.index() + 1).max().orElse(0);
    double[][] weights = new double[layers][across];
    for (int h = 0; h < heads.size(); h++) {
      double[] own = AttentionDetector.at(features.column(from + h), train);
      double mean = Arrays.stream(own).average().orElseThrow();
      double square = Arrays.stream(own).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
      Head head = heads.get(h);
      weights[head.layer()][head.index()] = direction[from + h] * Math.sqrt(square);
    }
    return Plots.heatmap(weights)
        .diverging()
        .xLabel("head")
        .yLabel("layer")
        .colorLabel("log odds per deviation")
        .title("Weights of " + kind);
  }

  /** Draws the ROC curves of the first seed's test examples: detector, best single feature. */
  public LineChart roc() {
    RocCurve own = scored.get(0).curve();
    RocCurve single = singles.get(0).test().curve();
    return Plots.lines()
        .series("chance", new double[] {0, 1}, new double[] {0, 1})
        .series(
            "area %.3f: detector".formatted(own.area()), own.falsePositives(), own.truePositives())
        .series(
            "area %.3f: %s".formatted(single.area(), singles.get(0).name()),
            single.falsePositives(),
            single.truePositives())
        .xLabel("false positives, share of '%s'".formatted(names().get(0)))
        .yLabel("true positives, share of '%s'".formatted(names().get(1)))
        .title("%s: ROC curve".formatted(features.labelled().name()));
  }

  /** Returns the classes' names: the negative one, the positive one. */
  public List<String> names() {
    return ((Labels.Classes) features.labelled().labels()).names();
  }

  /** Returns detector and baselines, a row each: mean area and the first seed's interval. */
  public Table table() {
    List<Scored> alone = singles.stream().map(SingleFeature::test).toList();
    Table table =
        Table.of("detector", "AUROC", "low", "high", "accuracy")
            .row(row("all " + features.values().columns() + " features", scored, trials.value()));
    String chosen =
        String.join(" or ", singles.stream().map(SingleFeature::name).distinct().toList());
    table =
        table
            .row(row("best single feature: " + chosen, alone, null))
            .row(row("random features", random, null));
    return table
        .row("shuffled training labels", shuffled(), null, null, trials.shuffled())
        .row("majority", 0.5, null, null, trials.majority());
  }

  private @Nullable Object[] row(String name, List<Scored> of, @Nullable Object accuracy) {
    Interval interval = of.get(0).interval(seed);
    return new @Nullable Object[] {
      name, mean(of, Scored::auroc), interval.low(), interval.high(), accuracy
    };
  }

  private static <T> double mean(List<T> all, ToDoubleFunction<T> of) {
    return all.stream().mapToDouble(of).average().orElseThrow();
  }

  @Override
  public MimeBundle display() {
    return roc().display().and(table().display()).and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    List<Double> areas = new ArrayList<>();
    scored.forEach(own -> areas.add(own.auroc()));
    return "Detector of '%s' in %s (%s), %d examples: AUROC %.3f ± %.3f over %d seeds, 95 %% %s; %s; random features %.3f, shuffled labels %.3f"
        .formatted(
            names().get(1),
            features.labelled().name(),
            features.origin().model(),
            features.labelled().size(),
            auroc(),
            deviation(),
            areas.size(),
            interval(),
            singles.get(0),
            randomFeatures(),
            shuffled());
  }
}
