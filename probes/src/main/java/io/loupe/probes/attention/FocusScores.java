package io.loupe.probes.attention;

import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Partition;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Attention Tracker (Hung et al. 2025): the focus score of a prompt is the mean, over important
 * heads, of what its last token gives to the instruction; a low one says that something else has
 * taken over. Nothing is trained. A head is important if its mean over normal prompts minus {@code
 * k} deviations lies above its mean over attacked ones plus {@code k} deviations; heads are chosen
 * on the training examples of each partition, with the largest {@code k} of 4 (the paper's), 3, 2,
 * 1 and 0 that any head passes.
 */
public final class FocusScores implements Displayable {
  private static final int[] MARGINS = {4, 3, 2, 1, 0};

  private final AttentionFeatures features;
  private final HeadFeature kind;
  private final List<Choice> choices;

  /**
   * What one partition gave.
   *
   * @param heads the important ones; where no head passes even k = 0, the one that comes nearest
   * @param margin k; -1 where no head passes
   * @param test the test examples' scores, minus focus, so that high ones are suspicious
   */
  public record Choice(HeadSet heads, int margin, Scored test) {}

  private FocusScores(AttentionFeatures features, HeadFeature kind, List<Choice> choices) {
    this.features = features;
    this.kind = kind;
    this.choices = List.copyOf(choices);
  }

  /**
   * Chooses heads on each partition's training examples and scores its test examples. The first
   * class is normal, the second attacked.
   *
   * @param kind what is tracked, such as {@code HeadFeature.share("instruction", "review")}
   * @param partitions such as {@link DetectorResults#partitions()}
   * @throws IllegalArgumentException if labels are not two classes, a partition's training or test
   *     examples have one class only, or the feature was not read
   */
  public static FocusScores of(
      AttentionFeatures features, HeadFeature kind, List<Partition> partitions) {
    AttentionDetector.positive(features.labelled());
    Labels.Classes classes = (Labels.Classes) features.labelled().labels();
    if (partitions.isEmpty()) {
      throw new IllegalArgumentException(
          "Heads are chosen on a partition's training examples; got no partition, DetectorResults.partitions() has some");
    }
    for (Partition partition : partitions) {
      classes.requireLearnable(partition.train(), "training");
      classes.requireLearnable(partition.test(), "test");
    }
    return new FocusScores(
        features, kind, partitions.stream().map(own -> choice(features, kind, own)).toList());
  }

  private static Choice choice(AttentionFeatures features, HeadFeature kind, Partition partition) {
    boolean[] attacked = AttentionDetector.positive(features.labelled());
    int margin = -1;
    List<Head> heads = List.of();
    for (int k : MARGINS) {
      List<Head> passing =
          features.heads().stream()
              .filter(head -> gap(features.column(kind, head), attacked, partition.train(), k) > 0)
              .toList();
      if (!passing.isEmpty()) {
        heads = passing;
        margin = k;
        break;
      }
    }
    if (heads.isEmpty()) {
      heads =
          List.of(
              features.heads().stream()
                  .max(
                      Comparator.comparingDouble(
                          head -> gap(features.column(kind, head), attacked, partition.train(), 0)))
                  .orElseThrow());
    }
    double[] minusFocus = new double[partition.test().length];
    for (Head head : heads) {
      double[] own = AttentionDetector.at(features.column(kind, head), partition.test());
      for (int i = 0; i < own.length; i++) {
        minusFocus[i] -= own[i] / heads.size();
      }
    }
    Scored test = AttentionDetector.scored(features.labelled(), partition.test(), minusFocus);
    return new Choice(HeadSet.of(heads), margin, test);
  }

  /** Returns by how much normal values stay above attacked ones, k deviations taken off each. */
  static double gap(double[] values, boolean[] attacked, int[] rows, int k) {
    double[] ends = new double[2];
    for (int side = 0; side < 2; side++) {
      boolean wanted = side == 1;
      double[] own =
          IntStream.of(rows)
              .filter(row -> attacked[row] == wanted)
              .mapToDouble(row -> values[row])
              .toArray();
      double mean = IntStream.range(0, own.length).mapToDouble(i -> own[i]).average().orElseThrow();
      double square =
          IntStream.range(0, own.length)
              .mapToDouble(i -> (own[i] - mean) * (own[i] - mean))
              .average()
              .orElseThrow();
      ends[side] = mean + (wanted ? k : -k) * Math.sqrt(square);
    }
    return ends[0] - ends[1];
  }

  /** Returns what each partition gave. */
  public List<Choice> choices() {
    return choices;
  }

  /** Returns the area under the ROC curve of test examples, mean over partitions. */
  public double auroc() {
    return choices.stream().mapToDouble(own -> own.test().auroc()).average().orElseThrow();
  }

  /** Returns a 95 % bootstrap interval of the first partition's area, over whole groups. */
  public Interval interval(long seed) {
    return choices.get(0).test().interval(seed);
  }

  /** Returns a row for each partition. */
  public Table table() {
    Table table = Table.of("partition", "important heads", "of", "k", "AUROC");
    for (int i = 0; i < choices.size(); i++) {
      Choice own = choices.get(i);
      table =
          table.row(
              i + 1,
              own.heads().toString(),
              features.heads().size(),
              own.margin() < 0 ? "none passes" : String.valueOf(own.margin()),
              own.test().auroc());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    List<String> margins = new ArrayList<>();
    choices.forEach(own -> margins.add(own.margin() < 0 ? "none" : "" + own.margin()));
    return "Focus scores of %s (%s), %s: AUROC %.3f over %d partitions, k %s"
        .formatted(
            features.labelled().name(),
            features.origin().model(),
            kind,
            auroc(),
            choices.size(),
            margins);
  }
}
