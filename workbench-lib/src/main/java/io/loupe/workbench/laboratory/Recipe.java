package io.loupe.workbench.laboratory;

import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.display.Table;
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
 * @param deviation of the initial weights
 * @param seed of the initial weights
 * @param objective makes the data, which takes seconds
 * @param options how it is trained
 * @param every steps between checkpoints
 * @param series steps whose weights are kept beside the model, for {@link Checkpoints}; empty for
 *     none
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
  /** The deviation that GPT-2's weights begin with. */
  static final double GPT2_DEVIATION = 0.02;

  public Recipe {
    series = List.copyOf(series);
  }

  /** Returns the untrained model. */
  public HookedTransformer untrained() {
    return HookedTransformer.random(config, deviation, seed, LoadOptions.DEFAULT);
  }

  /** Returns the trainer, which keeps checkpoints in a folder and resumes from them. */
  public Trainer trainer(Path folder) {
    return trainer().checkpoints(folder, kept());
  }

  private TreeSet<Integer> kept() {
    TreeSet<Integer> steps = new TreeSet<>(series);
    for (int step = 0; step < options.steps(); step += every) {
      steps.add(step);
    }
    return steps;
  }

  /** Returns the trainer, without checkpoints. */
  public Trainer trainer() {
    return Trainer.of(untrained(), objective.get(), options);
  }

  /**
   * Trains the model and writes it into a folder: {@code config.json}, {@code model.safetensors},
   * {@code CARD.md}, the series of checkpoints if there is one, and a folder {@code checkpoints},
   * from which a training that was broken off is resumed.
   *
   * @param type the number format of the file, FLOAT32 or FLOAT16
   * @return the model as it was written
   * @throws IOException if something cannot be written; the last good checkpoint stays
   */
  public HookedTransformer make(Path folder, DataType type) throws IOException {
    ModelObjective data = objective.get();
    TrainedModel trained =
        Trainer.of(untrained(), data, options)
            .checkpoints(folder.resolve("checkpoints"), kept())
            .train();
    trained.model().save(folder, type);
    Checkpoints checkpoints = Checkpoints.of(folder.resolve("checkpoints"));
    for (int step : series) {
      checkpoints.save(step, folder, type);
    }
    HookedTransformer model = HookedTransformer.load(folder, LoadOptions.DEFAULT);
    CheckpointWriter.text(
        folder.resolve("CARD.md"),
        ModelCard.text(
            this,
            data.toString(),
            trained,
            evaluation.apply(model),
            folder.resolve("model.safetensors")));
    return model;
  }

  /** Measures a trained model. */
  public Table evaluate(HookedTransformer model) {
    Table table = Table.of("measure", "value");
    for (Map.Entry<String, Double> measure : evaluation.apply(model).entrySet()) {
      table = table.row(measure.getKey(), measure.getValue());
    }
    return table;
  }

  @Override
  public String toString() {
    return name + ": " + summary;
  }
}
