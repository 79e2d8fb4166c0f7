package io.loupe.workbench.laboratory;

import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.family.CheckpointWriter;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How a small model is made: architecture, data, options, and what it is measured by afterwards.
 *
 * @param name of the model, such as {@code induction-2l}
 * @param summary what it learns, for people
 * @param config the architecture
 * @param deviation of the initial weights, usually {@link HookedTransformer#INITIAL_DEVIATION}
 * @param seed of the initial weights
 * @param objective makes the data, which takes seconds
 * @param options how it is trained
 * @param every steps between checkpoints
 * @param series steps before the last whose weights are kept beside the model; often empty
 * @param evaluation measures a trained model on examples that it was not trained on: names to
 *     numbers, in order
 */
public record Recipe(
    String name,
    String summary,
    ModelConfig config,
    double deviation,
    long seed,
    Supplier<ModelObjective> objective,
    TrainingOptions options,
    int every,
    List<Integer> series,
    Function<HookedTransformer, Map<String, Double>> evaluation) {
  public Recipe {
    series = List.copyOf(series);
    if (series.stream().anyMatch(step -> step < 0 || step >= options.steps())) {
      throw new IllegalArgumentException(
          "The series of '%s' has steps before the last, 0 to %d; got %s"
              .formatted(name, options.steps() - 1, series));
    }
  }

  /** Returns the untrained model. */
  public HookedTransformer untrained() {
    return HookedTransformer.random(config, deviation, seed, LoadOptions.DEFAULT);
  }

  /** Returns the trainer, which keeps checkpoints in a folder and resumes from them. */
  public Trainer trainer(Path folder) {
    return trainer(objective.get(), folder);
  }

  private Trainer trainer(ModelObjective data, Path folder) {
    TreeSet<Integer> kept = new TreeSet<>(series);
    for (int step = 0; step < options.steps(); step += every) {
      kept.add(step);
    }
    return Trainer.of(untrained(), data, options).checkpoints(folder, kept);
  }

  /** Returns the trainer, without checkpoints. */
  public Trainer trainer() {
    return Trainer.of(untrained(), objective.get(), options);
  }

  /**
   * Trains the model and writes it into a folder: {@code config.json}, {@code model.safetensors},
   * {@code CARD.md}, a file for each step of the series, and a folder {@code checkpoints}, from
   * which a training that was broken off is resumed. {@link Checkpoints#of} opens the folder: the
   * series, with the model as its last step.
   *
   * @param type the number format of the files, FLOAT32 or FLOAT16
   * @return the model as it was written
   * @throws IOException if something cannot be written; the last good checkpoint stays
   */
  public HookedTransformer make(Path folder, DataType type) throws IOException {
    ModelObjective data = objective.get();
    Path all = folder.resolve("checkpoints");
    TrainedModel trained = trainer(data, all).train();
    Path weights = folder.resolve(CheckpointWriter.MODEL);
    TrainingFolder.saveModel(trained.model(), options.steps(), weights, type);
    Checkpoints checkpoints = Checkpoints.of(all);
    for (int step : series) {
      Path file = TrainingFolder.stepFile(folder, step);
      TrainingFolder.saveModel(checkpoints.model(step), step, file, type);
    }
    HookedTransformer model = HookedTransformer.load(folder, LoadOptions.DEFAULT);
    CheckpointWriter.text(
        folder.resolve("CARD.md"),
        ModelCard.text(this, data.toString(), trained, evaluation.apply(model), weights));
    return model;
  }

  /** Measures a trained model. */
  public ModelMeasures evaluate(HookedTransformer model) {
    return ModelMeasures.of(model, evaluation.apply(model));
  }

  @Override
  public String toString() {
    return name + ": " + summary;
  }
}
