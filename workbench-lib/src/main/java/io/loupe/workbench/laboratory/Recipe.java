package io.loupe.workbench.laboratory;

import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.train.TrainingOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How a small model is made: architecture, data, options, and what it is measured by afterwards.
 *
 * @param name of the model, such as {@code induction-2l}
 * @param summary what it learns, for people
 * @param config the architecture
 * @param seed of the initial weights
 * @param objective makes the data, which takes seconds
 * @param options how it is trained
 * @param every steps between checkpoints
 * @param evaluation measures a trained model on examples that it was not trained on: names to
 *     numbers, in order
 */
public record Recipe(
    String name,
    String summary,
    ModelConfig config,
    long seed,
    Supplier<ModelObjective> objective,
    TrainingOptions options,
    int every,
    Function<HookedTransformer, Map<String, Double>> evaluation) {

  /** Returns the untrained model. */
  public HookedTransformer untrained() {
    return HookedTransformer.random(config, seed, LoadOptions.DEFAULT);
  }

  /** Returns the trainer, which keeps checkpoints in a folder and resumes from them. */
  public Trainer trainer(Path folder) {
    return trainer().checkpoints(folder, every);
  }

  /** Returns the trainer, without checkpoints. */
  public Trainer trainer() {
    return Trainer.of(untrained(), objective.get(), options);
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
