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
import io.loupe.workbench.safetensors.SafetensorsWriter;
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
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The checkpoints that {@link Trainer#checkpoints(Path, int)} kept, as one object: a model at a
 * step, a metric against the step.
 */
public final class Checkpoints {
  private static final double LEVEL = 0.95;

  private final Path folder;
  private final List<Integer> steps;

  private Checkpoints(Path folder, List<Integer> steps) {
    this.folder = folder;
    this.steps = steps;
  }

  /**
   * Opens the checkpoints of a training, which may be still under way.
   *
   * @throws IllegalArgumentException if the folder has none
   */
  public static Checkpoints of(Path folder) throws IOException {
    List<Integer> steps =
        Files.isDirectory(folder) ? TrainingFolder.steps(folder) : List.<Integer>of();
    if (steps.isEmpty()) {
      throw new IllegalArgumentException(
          "There are no checkpoints in %s; Trainer.of(...).checkpoints(folder, every).train() makes them"
              .formatted(folder));
    }
    return new Checkpoints(folder, steps);
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

  /**
   * Writes the weights of a step into another folder of checkpoints.
   *
   * @param type FLOAT32 or FLOAT16, to which they are rounded
   */
  void save(int step, Path other, DataType type) throws IOException {
    Weights weights = model(step).weights();
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : weights.names()) {
      if (type == DataType.FLOAT16) {
        writer.addAsFloat16(name, weights.get(name));
      } else {
        writer.add(name, weights.get(name));
      }
    }
    TrainingFolder.write(writer, step, other);
  }

  /** Returns the steps of which there is a checkpoint, ascending: how many were done. */
  public List<Integer> steps() {
    return steps;
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
    if (!steps.contains(step)) {
      throw new IllegalArgumentException(
          "There is no checkpoint of step %d; there are %s".formatted(step, steps));
    }
    ConfigFile file = ConfigFile.read(folder.resolve(TrainingFolder.CONFIG));
    ModelConfig config = Families.config(file);
    WeightFiles files = WeightFiles.open(TrainingFolder.stepFile(folder, step));
    NativeMemory.makeRoom();
    try (NDManager scope = Engines.newManager(LoadOptions.DEFAULT.device())) {
      Weights weights = Checkpoint.read(folder, file, config, files, scope, type);
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
    for (int step : steps) {
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
        .formatted(steps.size(), steps.get(0), steps.get(steps.size() - 1), folder);
  }
}
