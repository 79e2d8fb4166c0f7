package io.loupe.probes.attention;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.probes.sweep.ProbeSweep;
import io.loupe.probes.sweep.Trial;
import io.loupe.probes.sweep.Trials;
import io.loupe.probes.trainer.Probe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A linear detector on what heads look at, as Lookback Lens (Chuang et al. 2024), beside what it
 * must be compared with: the best single feature, chosen on the training examples; random features;
 * training labels that were shuffled. The second of two classes is the positive one.
 */
public final class AttentionDetector {
  private AttentionDetector() {}

  /**
   * Trains logistic regression with the usual penalties, or what the options name, on each
   * partition. Groups are kept together; penalties are chosen on validation examples.
   *
   * @param options trainers must give probabilities or margins; poolings play no part
   * @param seed of the first partition; each repeat's is one higher
   * @throws IllegalArgumentException before anything is trained, if labels are not two classes, or
   *     a partition's training or test examples have one class only
   */
  public static DetectorResults train(AttentionFeatures features, ProbeOptions options, long seed) {
    Labelled labelled = features.labelled();
    boolean[] positive = positive(labelled);
    ProbeSweep.checked(labelled, options, seed)
        .forEach(partition -> requireBoth(partition.test(), positive));
    Trials trials = ProbeSweep.train(features.values(), labelled, features.origin(), options, seed);
    Features noise = Features.random(labelled.size(), features.values().columns(), seed);
    Trials random =
        ProbeSweep.train(
            noise, labelled, features.origin().at("noise"), options.withoutControls(), seed);
    List<Scored> scored = new ArrayList<>();
    List<Scored> randomScored = new ArrayList<>();
    List<SingleFeature> singles = new ArrayList<>();
    for (int i = 0; i < trials.all().size(); i++) {
      Trial trial = trials.all().get(i);
      int[] test = trial.partition().test();
      scored.add(scored(labelled, test, scores(trial.probe(), features.values(), test)));
      randomScored.add(scored(labelled, test, scores(random.all().get(i).probe(), noise, test)));
      singles.add(SingleFeature.best(features, trial.partition().train(), test));
    }
    return new DetectorResults(features, trials, scored, singles, randomScored, seed);
  }

  private static void requireBoth(int[] test, boolean[] positive) {
    boolean[] own = at(positive, test);
    long second = IntStream.range(0, own.length).filter(i -> own[i]).count();
    if (second == 0 || second == own.length) {
      throw new IllegalArgumentException(
          "%d of %d test examples are of the second class, so there is no ROC curve. Give more examples, other groups or another seed"
              .formatted(second, own.length));
    }
  }

  /** Returns each example's score for the second class against the first. */
  static double[] scores(Probe probe, Features features, int[] rows) {
    return Arrays.stream(probe.predict(features, rows)).mapToDouble(p -> p[1] - p[0]).toArray();
  }

  /** Returns which examples are of the second of two classes. */
  static boolean[] positive(Labelled labelled) {
    if (!(labelled.labels() instanceof Labels.Classes classes) || classes.names().size() != 2) {
      throw new IllegalArgumentException(
          "A detector tells two classes apart, such as Labels.truth(...); got "
              + labelled.labels().names());
    }
    boolean[] positive = new boolean[classes.size()];
    for (int i = 0; i < positive.length; i++) {
      positive[i] = classes.of()[i] == 1;
    }
    return positive;
  }

  static Scored scored(Labelled labelled, int[] rows, double[] scores) {
    return new Scored(
        scores,
        at(positive(labelled), rows),
        Arrays.stream(rows).mapToObj(labelled.groups()::get).toList());
  }

  static boolean[] at(boolean[] values, int[] rows) {
    boolean[] some = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      some[i] = values[rows[i]];
    }
    return some;
  }

  static double[] at(double[] values, int[] rows) {
    return Arrays.stream(rows).mapToDouble(row -> values[row]).toArray();
  }
}
