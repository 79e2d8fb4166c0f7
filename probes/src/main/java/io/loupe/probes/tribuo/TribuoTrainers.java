package io.loupe.probes.tribuo;

import io.loupe.probes.trainer.Probe.Output;
import io.loupe.probes.trainer.ProbeTrainer;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tribuo.classification.Label;
import org.tribuo.classification.LabelFactory;
import org.tribuo.classification.ensemble.VotingCombiner;
import org.tribuo.classification.liblinear.LibLinearClassificationTrainer;
import org.tribuo.classification.liblinear.LinearClassificationType;
import org.tribuo.classification.liblinear.LinearClassificationType.LinearType;
import org.tribuo.classification.sgd.linear.LinearSGDTrainer;
import org.tribuo.classification.sgd.objectives.LogMulticlass;
import org.tribuo.common.nearest.KNNModel.Backend;
import org.tribuo.common.nearest.KNNTrainer;
import org.tribuo.math.distance.DistanceType;
import org.tribuo.math.neighbour.NeighboursQueryFactoryType;
import org.tribuo.math.optimisers.AdaGrad;
import org.tribuo.multilabel.MultiLabel;
import org.tribuo.multilabel.MultiLabelFactory;
import org.tribuo.multilabel.sgd.objectives.BinaryCrossEntropy;
import org.tribuo.regression.RegressionFactory;
import org.tribuo.regression.Regressor;
import org.tribuo.regression.slm.ElasticNetCDTrainer;

/**
 * Tribuo's trainers, on standardised features. Probes keep Tribuo's model and its provenance, which
 * says what activations it was trained on ({@link ActivationProvenance}).
 */
public final class TribuoTrainers {
  private static final int BATCH = 64;

  /** Kept, or its level would be lost with it. */
  private static final Logger TRIBUO = Logger.getLogger("org.tribuo");

  static {
    if (TRIBUO.getLevel() == null) { // a user's own choice stays
      TRIBUO.setLevel(
          Level.WARNING); // a sweep trains hundreds of models, each with a line of its own
    }
  }

  private TribuoTrainers() {}

  /**
   * Logistic regression by stochastic gradient descent (AdaGrad, batches of 64), without a penalty.
   *
   * @param rate the learning rate, such as 0.1
   * @param epochs how often the examples are gone through, each tried
   */
  public static ProbeTrainer logisticSgd(double rate, int... epochs) {
    return new TribuoTrainer<>(
        "logistic regression (Tribuo SGD)",
        classes(Output.PROBABILITIES, TribuoWeights::ofSgd),
        Arrays.stream(epochs)
            .mapToObj(
                count ->
                    new TribuoTrainer.Setting<Label>(
                        "%d epochs, rate %s".formatted(count, rate),
                        seed ->
                            new LinearSGDTrainer(
                                new LogMulticlass(),
                                new AdaGrad(rate),
                                count,
                                Integer.MAX_VALUE, // do not log
                                BATCH,
                                seed)))
            .toList());
  }

  /**
   * Logistic regression by LibLinear: one class against the rest, L2 penalty.
   *
   * @param costs LibLinear's C, each tried
   */
  public static ProbeTrainer logisticLibLinear(double... costs) {
    return libLinear(
        "logistic regression (LibLinear)", LinearType.L2R_LR, Output.PROBABILITIES, costs);
  }

  /**
   * A linear support vector machine by LibLinear: squared hinge loss, L2 penalty, one class against
   * the rest.
   *
   * @param costs LibLinear's C, each tried
   */
  public static ProbeTrainer linearSvm(double... costs) {
    return libLinear("linear SVM (LibLinear)", LinearType.L2R_L2LOSS_SVC, Output.MARGINS, costs);
  }

  private static ProbeTrainer libLinear(
      String name, LinearType type, Output output, double... costs) {
    return new TribuoTrainer<>(
        name,
        classes(output, TribuoWeights::ofLibLinear),
        Arrays.stream(costs)
            .mapToObj(
                cost ->
                    new TribuoTrainer.Setting<Label>(
                        "C " + cost,
                        seed ->
                            new LibLinearClassificationTrainer(
                                new LinearClassificationType(type), cost, 1000, 1e-3, seed)))
            .toList());
  }

  /**
   * The class that most of the nearest training examples have, by Euclidean distance.
   *
   * @param neighbours how many vote, each tried
   */
  public static ProbeTrainer nearestNeighbours(int... neighbours) {
    return new TribuoTrainer<>(
        "nearest neighbours (Tribuo)",
        classes(Output.MARGINS, null),
        IntStream.of(neighbours)
            .mapToObj(
                k ->
                    new TribuoTrainer.Setting<Label>(
                        "k " + k,
                        seed ->
                            new KNNTrainer<>(
                                k,
                                DistanceType.L2.getDistance(),
                                2,
                                new VotingCombiner(),
                                Backend.THREADPOOL,
                                NeighboursQueryFactoryType.BRUTE_FORCE)))
            .toList());
  }

  /**
   * Elastic-net regression of numbers by coordinate descent (Friedman et al. 2010).
   *
   * @param ratio the L1 penalty's share, in (0, 1]; 1 is the lasso
   * @param strengths of the penalty, each tried
   */
  public static ProbeTrainer elasticNet(double ratio, double... strengths) {
    return new TribuoTrainer<>(
        "elastic net (Tribuo)",
        new TribuoTrainer.Kind<>(
            Output.NUMBERS,
            new RegressionFactory(),
            TribuoData::regressor,
            TribuoWeights::ofRegression),
        Arrays.stream(strengths)
            .mapToObj(
                strength ->
                    new TribuoTrainer.Setting<Regressor>(
                        "strength %s, L1 share %s".formatted(strength, ratio),
                        seed -> new ElasticNetCDTrainer(strength, ratio, 1e-4, 500, false, seed)))
            .toList());
  }

  /**
   * Logistic regression of each tag by stochastic gradient descent.
   *
   * @param rate the learning rate, such as 0.1
   * @param epochs how often the examples are gone through, each tried
   */
  public static ProbeTrainer tagsSgd(double rate, int... epochs) {
    return new TribuoTrainer<>(
        "logistic regression of each tag (Tribuo SGD)",
        new TribuoTrainer.Kind<>(
            Output.TAG_PROBABILITIES,
            new MultiLabelFactory(),
            TribuoData::tags,
            TribuoWeights::ofSgd),
        Arrays.stream(epochs)
            .mapToObj(
                count ->
                    new TribuoTrainer.Setting<MultiLabel>(
                        "%d epochs, rate %s".formatted(count, rate),
                        seed ->
                            new org.tribuo.multilabel.sgd.linear.LinearSGDTrainer(
                                new BinaryCrossEntropy(),
                                new AdaGrad(rate),
                                count,
                                Integer.MAX_VALUE,
                                BATCH,
                                seed)))
            .toList());
  }

  private static TribuoTrainer.Kind<Label> classes(
      Output output, TribuoTrainer.@Nullable Weights weights) {
    return new TribuoTrainer.Kind<>(output, new LabelFactory(), TribuoData::label, weights);
  }

  /** Returns one trainer of each kind that takes classes, with usual settings. */
  public static List<ProbeTrainer> ofClasses() {
    return List.of(
        logisticSgd(0.1, 5, 20),
        logisticLibLinear(0.01, 0.1, 1),
        linearSvm(0.001, 0.01, 0.1),
        nearestNeighbours(1, 5, 15));
  }
}
