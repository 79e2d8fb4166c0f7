package io.loupe.probes.tribuo;

import io.loupe.probes.data.Labels;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.Scaling;
import io.loupe.probes.trainer.TrainingSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.tribuo.Model;
import org.tribuo.MutableDataset;
import org.tribuo.Output;
import org.tribuo.OutputFactory;
import org.tribuo.Trainer;

/**
 * Trainers of Tribuo's that take one kind of output.
 *
 * @param <T> Tribuo's type of output
 */
final class TribuoTrainer<T extends Output<T>> implements ProbeTrainer {
  private final String name;
  private final Kind<T> kind;
  private final List<Setting<T>> settings;

  /**
   * One choice of hyper-parameters.
   *
   * @param trainer made anew for each training, with a seed: Tribuo's trainers count their calls
   */
  record Setting<T extends Output<T>>(String text, LongFunction<Trainer<T>> trainer) {}

  /**
   * What a kind of output needs.
   *
   * @param output what predictions are
   * @param outputs makes Tribuo's output of an example
   * @param weights reads the linear map of standardised features off a model; null if it has none
   */
  record Kind<T extends Output<T>>(
      Probe.Output output,
      OutputFactory<T> factory,
      Outputs<T> outputs,
      @Nullable Weights weights) {}

  /** Makes Tribuo's outputs. */
  interface Outputs<T> {
    T of(Labels labels, int row);
  }

  /** Reads weights. */
  interface Weights {
    LinearMap of(Model<?> model, List<String> outputs, int columns);
  }

  TribuoTrainer(String name, Kind<T> kind, List<Setting<T>> settings) {
    if (settings.isEmpty()) {
      throw new IllegalArgumentException("Name at least one setting of " + name);
    }
    this.name = name;
    this.kind = kind;
    this.settings = List.copyOf(settings);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> settings() {
    return settings.stream().map(Setting::text).toList();
  }

  @Override
  public void check(Labels labels) {
    switch (kind.output) {
      case PROBABILITIES, MARGINS -> ProbeTrainer.requireClasses(labels, name);
      case TAG_PROBABILITIES -> ProbeTrainer.requireTags(labels, name);
      case NUMBERS -> ProbeTrainer.requireNumbers(labels, name);
    }
  }

  @Override
  public List<Probe> train(TrainingSet set) {
    check(set.labels());
    Scaling scaling = Scaling.of(set.features(), set.rows());
    IntFunction<T> outputs = row -> kind.outputs.of(set.labels(), row);
    MutableDataset<T> data = TribuoData.dataset(set, scaling, kind.factory, outputs);
    List<Probe> probes = new ArrayList<>();
    for (Setting<T> setting : settings) {
      Model<T> model = setting.trainer.apply(set.seed()).train(data);
      probes.add(probe(model, scaling, set.labels().names(), set.features().columns()));
    }
    return List.copyOf(probes);
  }

  @Override
  public Probe train(TrainingSet set, int setting) {
    return new TribuoTrainer<>(name, kind, List.of(settings.get(setting))).train(set).get(0);
  }

  private Probe probe(Model<T> model, Scaling scaling, List<String> names, int columns) {
    LinearMap map = null;
    if (kind.weights != null) {
      LinearMap standardised = kind.weights.of(model, names, columns);
      map = scaling.raw(standardised.weights(), standardised.bias());
    }
    return new TribuoProbe(model, scaling, names, kind.output, map);
  }
}
