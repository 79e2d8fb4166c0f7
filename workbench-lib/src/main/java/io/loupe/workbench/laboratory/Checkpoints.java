package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.datasets.ShippedModels;
import io.loupe.workbench.family.Checkpoint;
import io.loupe.workbench.family.ConfigFile;
import io.loupe.workbench.family.Families;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The checkpoints that {@link Trainer#checkpoints(Path, int)} kept, as one object: a model at a
 * step, a metric against the step.
 */
public final class Checkpoints {
  private static final double LEVEL = 0.95;

  private final Path folder;
  private final SortedMap<Integer, Path> files;

  private Checkpoints(Path folder, SortedMap<Integer, Path> files) {
    this.folder = folder;
    this.files = files;
  }

  /**
   * Opens the checkpoints of a training, which may be still under way, or the folder that {@link
   * Recipe#make} wrote.
   *
   * @throws IllegalArgumentException if the folder has none
   */
  public static Checkpoints of(Path folder) throws IOException {
    SortedMap<Integer, Path> files =
        Files.isDirectory(folder) ? TrainingFolder.steps(folder) : new TreeMap<>();
    if (files.isEmpty()) {
      throw new IllegalArgumentException(
          "There are no checkpoints in %s; Trainer.of(...).checkpoints(folder, every).train() makes them"
              .formatted(folder));
    }
    return new Checkpoints(folder, files);
  }

  /**
   * Opens the checkpoints that are shipped with a model.
   *
   * @param name of a shipped model, such as {@code modular-addition}
   * @throws IllegalArgumentException if no model of that name is shipped, or it has none
   * @throws IOException if its files cannot be unpacked
   */
  public static Checkpoints shipped(String name) throws IOException {
    return of(
        ShippedModels.folder(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "No model '%s' is shipped; there are %s"
                            .formatted(name, ShippedModels.names()))));
  }

  /** Returns the steps of which there is a checkpoint, ascending: how many were done. */
  public List<Integer> steps() {
    return List.copyOf(files.keySet());
  }

  /**
   * Loads the model of a step, in float32 on the CPU, without interventions or tokenizer.
   *
   * @throws IllegalArgumentException if there is no checkpoint of that step
   */
  public HookedTransformer model(int step) throws IOException {
    return model(step, LoadOptions.DEFAULT.type());
  }

  /** As {@link #model(int)}, in another number format. */
  public HookedTransformer model(int step, DataType type) throws IOException {
    Path path = files.get(step);
    if (path == null) {
      throw new IllegalArgumentException(
          "There is no checkpoint of step %d; there are %s".formatted(step, steps()));
    }
    ConfigFile file = ConfigFile.read(folder.resolve(TrainingFolder.CONFIG));
    ModelConfig config = Families.config(file);
    WeightFiles weightFiles = WeightFiles.open(path);
    NativeMemory.makeRoom();
    try (NDManager scope = Engines.newManager(LoadOptions.DEFAULT.device())) {
      Weights weights = Checkpoint.read(folder, file, config, weightFiles, scope, type);
      NativeMemory.adopt(weights.distinct());
      return HookedTransformer.of("%s, step %,d".formatted(folder, step), config, weights);
    }
  }

  /**
   * Measures one number of every checkpoint.
   *
   * @param name for the curve
   */
  public CheckpointCurve measure(String name, ToDoubleFunction<HookedTransformer> metric)
      throws IOException {
    return measureEach(name, model -> new double[] {metric.applyAsDouble(model)});
  }

  /**
   * Measures every checkpoint on the same examples: means, with 95 % bootstrap intervals over the
   * examples.
   *
   * @param metric the value for each example
   */
  public CheckpointCurve measureEach(String name, Function<HookedTransformer, double[]> metric)
      throws IOException {
    List<CheckpointCurve.Point> points = new ArrayList<>();
    for (int step : steps()) {
      double[] values = metric.apply(model(step));
      points.add(
          new CheckpointCurve.Point(
              step,
              Arrays.stream(values).average().orElseThrow(),
              Bootstrap.ofMean(values, LEVEL, step),
              Arrays.stream(values).boxed().toList()));
    }
    Map<String, List<CheckpointCurve.Point>> curves = new LinkedHashMap<>();
    curves.put(name, points);
    return new CheckpointCurve(curves);
  }

  @Override
  public String toString() {
    return "%d checkpoints of steps %d to %d in %s"
        .formatted(files.size(), files.firstKey(), files.lastKey(), folder);
  }
}
