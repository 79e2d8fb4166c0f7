package io.loupe.probes.sweep;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Partition;
import io.loupe.probes.score.Scores;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.LinearProbe;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.TrainingSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Trains one probe with its controls on one partition. */
final class TrialRunner {
  /** Keeps the control's labels apart from what else a seed decides. */
  private static final long CONTROL = 0x5DEECE66DL;

  private final Labelled labelled;
  private final List<ProbeTrainer> trainers;
  private final boolean controls;

  TrialRunner(Labelled labelled, List<ProbeTrainer> trainers, ProbeOptions options) {
    this.labelled = labelled;
    this.trainers = trainers;
    this.controls = options.controls();
  }

  /** A trained probe with the place of its setting. */
  private record Chosen(Probe probe, Scores validation, int trainer, int setting) {}

  /** Trains on each partition; the seed of each is one higher than that of the one before. */
  Trials all(Features features, List<Partition> partitions, Origin origin, long seed) {
    List<Trial> trials = new ArrayList<>();
    for (int repeat = 0; repeat < partitions.size(); repeat++) {
      trials.add(run(features, partitions.get(repeat), seed + repeat, origin));
    }
    return new Trials(origin.place(), trials);
  }

  private Trial run(Features features, Partition partition, long seed, Origin origin) {
    Labels labels = labelled.labels();
    try (TrainingSet set = TrainingSet.of(features, labels, partition.train(), seed, origin)) {
      Chosen chosen = choose(set, partition.validation());
      ProbeTrainer trainer = trainers.get(chosen.trainer);
      return new Trial(
          seed,
          partition,
          trainer.name(),
          trainer.settings().get(chosen.setting),
          chosen.probe,
          Separations.of(chosen.probe, features, labels, partition.train()),
          chosen.validation,
          Scores.of(chosen.probe, features, labels, partition.test()),
          Scores.of(
              constant(labels, partition.train(), features), features, labels, partition.test()),
          controls ? control(set, partition, seed) : Optional.empty(),
          controls ? Optional.of(shuffled(set, partition, chosen, seed)) : Optional.empty());
    }
  }

  /** Returns the test scores of the best setting on features, without controls. */
  Scores best(Features features, Partition partition, long seed, Origin origin) {
    try (TrainingSet set =
        TrainingSet.of(features, labelled.labels(), partition.train(), seed, origin)) {
      Probe probe = choose(set, partition.validation()).probe;
      return Scores.of(probe, features, labelled.labels(), partition.test());
    }
  }

  /** Returns the best of each trainer's best setting. */
  private Chosen choose(TrainingSet set, int[] validation) {
    return IntStream.range(0, trainers.size())
        .mapToObj(trainer -> best(trainer, set, validation))
        .reduce((a, b) -> b.validation.value() > a.validation.value() ? b : a)
        .orElseThrow();
  }

  private Chosen best(int trainer, TrainingSet set, int[] validation) {
    List<Probe> probes = trainers.get(trainer).train(set);
    return IntStream.range(0, probes.size())
        .mapToObj(
            s ->
                new Chosen(
                    probes.get(s),
                    Scores.of(probes.get(s), set.features(), set.labels(), validation),
                    trainer,
                    s))
        .reduce((a, b) -> b.validation.criterion() > a.validation.criterion() ? b : a)
        .orElseThrow();
  }

  private Optional<Scores> control(TrainingSet set, Partition partition, long seed) {
    Labels control = labelled.control(seed ^ CONTROL);
    TrainingSet own = learnable(set, control);
    if (own == null) {
      return Optional.empty();
    }
    Probe probe = choose(own, partition.validation()).probe;
    return Optional.of(Scores.of(probe, set.features(), control, partition.test()));
  }

  /** Returns null where chance gave all types one label: then there is no control task. */
  private static @Nullable TrainingSet learnable(TrainingSet set, Labels control) {
    try {
      return set.with(control);
    } catch (IllegalArgumentException oneClassOnly) {
      return null;
    }
  }

  private Scores shuffled(TrainingSet set, Partition partition, Chosen chosen, long seed) {
    Labels shuffled = Labels.shuffled(labelled.labels(), partition.train(), seed ^ CONTROL);
    Probe probe = trainers.get(chosen.trainer).train(set.with(shuffled), chosen.setting);
    return Scores.of(probe, set.features(), labelled.labels(), partition.test());
  }

  /** Returns the probe that says the same of all: the training labels' shares or means. */
  private static Probe constant(Labels labels, int[] train, Features features) {
    int outputs = labels.names().size();
    double[] bias = new double[outputs];
    Probe.Output output;
    if (labels instanceof Labels.Classes classes) {
      int[] counts = classes.counts(train);
      for (int c = 0; c < outputs; c++) {
        bias[c] = Math.log(Math.max(counts[c], 1e-9));
      }
      output = Probe.Output.PROBABILITIES;
    } else if (labels instanceof Labels.Tags tags) {
      for (int row : train) {
        for (int t = 0; t < outputs; t++) {
          bias[t] += tags.has()[row][t] ? 1.0 / train.length : 0;
        }
      }
      for (int t = 0; t < outputs; t++) {
        bias[t] = Math.log(bias[t] / (1 - bias[t]));
      }
      output = Probe.Output.TAG_PROBABILITIES;
    } else {
      for (int row : train) {
        for (int n = 0; n < outputs; n++) {
          bias[n] += ((Labels.Numbers) labels).values()[row][n] / train.length;
        }
      }
      output = Probe.Output.NUMBERS;
    }
    double[][] nothing = new double[outputs][features.columns()];
    return new LinearProbe(new LinearMap(nothing, bias), output);
  }
}
