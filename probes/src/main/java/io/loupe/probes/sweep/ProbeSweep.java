package io.loupe.probes.sweep;

import io.loupe.probes.data.FeatureCapture;
import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Partition;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.data.Spot;
import io.loupe.probes.data.SpotFeatures;
import io.loupe.probes.score.Scores;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.Trainers;
import io.loupe.workbench.display.Display;
import io.loupe.workbench.display.ProgressLine;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Trains a probe for each layer and pooling (Alain and Bengio 2016), with what it must be compared
 * with: the control task of Hewitt and Liang (2019), shuffled labels, random features and a
 * constant prediction. Examples are shared out by groups; hyper-parameters are chosen on validation
 * examples, for the control task on its own; everything is repeated over seeds or folds.
 */
public final class ProbeSweep {
  private ProbeSweep() {}

  /** Trains the usual probes at a site of all layers; see {@link ProbeOptions#usual}. */
  public static ProbeResults train(HookedTransformer model, Site site, ProbeData data, long seed) {
    return train(model, site, data, ProbeOptions.usual(), seed);
  }

  /**
   * Trains probes at a site of all layers.
   *
   * @param site where each token has a vector, e.g. {@code RESID_POST}
   * @param seed of the first partition; each repeat's is one higher
   * @throws IllegalArgumentException if something is wrong with labels, groups or places; before
   *     the model is run, but for activations that are not finite
   */
  public static ProbeResults train(
      HookedTransformer model, Site site, ProbeData data, ProbeOptions options, long seed) {
    return train(model, points(site, model.config()), data, options, seed);
  }

  /** Trains probes at hook points; see {@link #stream} for the whole residual stream. */
  public static ProbeResults train(
      HookedTransformer model,
      List<HookPoint> points,
      ProbeData data,
      ProbeOptions options,
      long seed) {
    Labelled labelled = data.labelled();
    List<Partition> partitions = checked(labelled, options, seed);
    List<SpotFeatures> features = FeatureCapture.of(model, data, points, options.poolings());
    Origin origin = Origin.of(model, data, "");
    return train(features, labelled, origin, partitions, options, seed);
  }

  /**
   * Trains probes on features that are there: read from a store, or simulated.
   *
   * @param features of all examples, at each place
   */
  public static ProbeResults train(
      List<SpotFeatures> features, Labelled labelled, ProbeOptions options, long seed) {
    return train(features, labelled, Origin.given(labelled.name(), ""), options, seed);
  }

  /** Trains probes on features that are there and come from a known model. */
  public static ProbeResults train(
      List<SpotFeatures> features,
      Labelled labelled,
      Origin origin,
      ProbeOptions options,
      long seed) {
    return train(features, labelled, origin, checked(labelled, options, seed), options, seed);
  }

  /**
   * Trains probes on one set of features, whatever they are: pooled over layers, read off attention
   * patterns, or of a user's own.
   *
   * @param origin where they come from; {@code Origin.given(data, place)} if no model made them
   */
  public static Trials train(
      Features features, Labelled labelled, Origin origin, ProbeOptions options, long seed) {
    List<Partition> partitions = checked(labelled, options, seed);
    requireAligned(features, labelled, origin.place());
    return new TrialRunner(labelled, trainers(options, labelled.labels()), options)
        .all(features, partitions, origin, seed);
  }

  /** Returns the hook points of the residual stream: before the first layer, behind each. */
  public static List<HookPoint> stream(HookedTransformer model) {
    List<HookPoint> points = new ArrayList<>(List.of(Sites.RESID_PRE.at(0)));
    points.addAll(points(Sites.RESID_POST, model.config()));
    return List.copyOf(points);
  }

  private static List<HookPoint> points(Site site, ModelConfig config) {
    return site.perLayer()
        ? IntStream.range(0, config.layers()).mapToObj(site::at).toList()
        : List.of(site.here());
  }

  private static ProbeResults train(
      List<SpotFeatures> features,
      Labelled labelled,
      Origin origin,
      List<Partition> partitions,
      ProbeOptions options,
      long seed) {
    if (features.isEmpty()) {
      throw new IllegalArgumentException("A sweep needs features of at least one place, got none");
    }
    for (SpotFeatures own : features) {
      requireAligned(own.features(), labelled, own.spot());
    }
    TrialRunner runner = new TrialRunner(labelled, trainers(options, labelled.labels()), options);
    List<Trials> results = new ArrayList<>();
    long begin = System.nanoTime();
    for (SpotFeatures own : features) {
      Origin place = origin.at(own.spot().toString());
      results.add(runner.all(own.features(), partitions, place, seed));
      progress(results.size(), features.size(), begin);
    }
    List<Spot> spots = features.stream().map(SpotFeatures::spot).toList();
    List<Scores> random = new ArrayList<>();
    if (options.controls()) {
      int columns = features.get(0).features().columns();
      for (int repeat = 0; repeat < partitions.size(); repeat++) {
        Features noise = Features.random(labelled.size(), columns, seed + repeat);
        random.add(runner.best(noise, partitions.get(repeat), seed + repeat, origin.at("noise")));
      }
    }
    return new ProbeResults(labelled, origin, options, seed, spots, results, random);
  }

  private static void requireAligned(Features features, Labelled labelled, Object place) {
    if (features.rows() != labelled.size()) {
      throw new IllegalArgumentException(
          "Labels are not aligned to features: %d labels, %d rows at %s"
              .formatted(labelled.size(), features.rows(), place));
    }
    features.requireFinite(place);
  }

  /**
   * Returns the partitions that training with a seed uses, once it is sure that they can be learnt
   * from.
   *
   * @throws IllegalArgumentException if something is wrong with labels or groups
   */
  public static List<Partition> checked(Labelled labelled, ProbeOptions options, long seed) {
    trainers(options, labelled.labels()).forEach(trainer -> trainer.check(labelled.labels()));
    int[] all = IntStream.range(0, labelled.size()).toArray();
    labelled.labels().requireLearnable(all, "given");
    List<Partition> partitions = partitions(labelled, options, seed);
    for (Partition partition : partitions) {
      labelled.labels().requireLearnable(partition.train(), "training");
      if (labelled.labels() instanceof Labels.Numbers) {
        labelled.labels().requireLearnable(partition.validation(), "validation");
        labelled.labels().requireLearnable(partition.test(), "test");
      }
    }
    return partitions;
  }

  private static List<Partition> partitions(Labelled labelled, ProbeOptions options, long seed) {
    if (options.folds() > 0) {
      return Partition.folds(labelled.groups(), options.folds(), seed);
    }
    return IntStream.range(0, options.repeats())
        .mapToObj(repeat -> labelled.partition(seed + repeat))
        .toList();
  }

  private static List<ProbeTrainer> trainers(ProbeOptions options, Labels labels) {
    return options.trainers().isEmpty() ? List.of(Trainers.usual(labels)) : options.trainers();
  }

  private static void progress(int done, int all, long begin) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (seconds > 3) {
      Display.progress(
          new ProgressLine(
              "probes: %d of %d places, %.0f s".formatted(done, all, seconds), done == all));
    }
  }
}
