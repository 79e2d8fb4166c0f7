package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.train.Training;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingException;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model on the same modules that carry its hooks. A value: each method returns another
 * trainer.
 *
 * <pre>{@code
 * TrainedModel trained =
 *     Trainer.of(model, Objectives.nextToken(tokens), TrainingOptions.adam(1000, 32, 1e-3, 0))
 *         .checkpoints(folder, 100)
 *         .train();
 * }</pre>
 *
 * <p>The model given is left as it is; its interventions act in every step, and gradients flow
 * through them, so {@code model.with(freezePattern)} is trained with a frozen pattern. On the CPU
 * the same seed gives the same weights, bit by bit, whether or not training was broken off and
 * resumed on the way.
 */
public final class Trainer {
  private final HookedTransformer model;
  private final ModelObjective objective;
  private final TrainingOptions options;
  private final Set<String> frozen;
  private final List<Penalty> penalties;
  private final @Nullable Path folder;
  private final SortedSet<Integer> keptSteps;

  private Trainer(
      HookedTransformer model,
      ModelObjective objective,
      TrainingOptions options,
      Set<String> frozen,
      List<Penalty> penalties,
      @Nullable Path folder,
      SortedSet<Integer> keptSteps) {
    this.model = model;
    this.objective = objective;
    this.options = options;
    this.frozen = frozen;
    this.penalties = penalties;
    this.folder = folder;
    this.keptSteps = keptSteps;
  }

  /**
   * Makes a trainer of all parameters, without checkpoints.
   *
   * @param model where training begins, e.g. {@code HookedTransformer.random(config, seed, ...)}
   * @throws IllegalArgumentException if the objective does not fit the model, or the model computes
   *     in float16
   */
  public static Trainer of(
      HookedTransformer model, ModelObjective objective, TrainingOptions options) {
    if (model.type() == DataType.FLOAT16) {
      throw new IllegalArgumentException(
          "Training in float16 loses small updates: load the model in float32");
    }
    if (model.gauge().isFolded()) {
      throw new IllegalArgumentException(
          "A folded model is made to be read; train the one that folded() was called on");
    }
    objective.check(model.config());
    return new Trainer(model, objective, options, Set.of(), List.of(), null, new TreeSet<>());
  }

  /**
   * Leaves parameters as they are.
   *
   * @param patterns of their names, * for any run of characters: {@code embed.*}, {@code
   *     blocks.0.attn.*}; see {@code model.weights().names()}
   * @throws IllegalArgumentException if one fits no parameter, or nothing is left to train
   */
  public Trainer frozen(String... patterns) {
    Set<String> all = new LinkedHashSet<>(frozen);
    for (String pattern : patterns) {
      Pattern regex = Pattern.compile("\\Q" + pattern.replace("*", "\\E.*\\Q") + "\\E");
      List<String> fitting =
          model.weights().names().stream().filter(n -> regex.matcher(n).matches()).toList();
      if (fitting.isEmpty()) {
        throw new IllegalArgumentException(
            "No parameter is named '%s'; there are %s".formatted(pattern, model.weights().names()));
      }
      all.addAll(fitting);
    }
    Trainer trainer = new Trainer(model, objective, options, all, penalties, folder, keptSteps);
    if (trainer.trained(model.weights()).isEmpty()) {
      throw new IllegalArgumentException("All parameters are frozen: there is nothing to train");
    }
    return trainer;
  }

  /**
   * Adds a loss on activations.
   *
   * @throws IllegalArgumentException if the model has no such hook point, or the name is taken
   */
  public Trainer penalised(Penalty penalty) {
    penalty.points().forEach(model.config()::require);
    List<Penalty> all = new ArrayList<>(penalties);
    all.add(penalty);
    if (penalty.name().equals(objective.name())
        || all.stream().map(Penalty::name).distinct().count() < all.size()) {
      throw new IllegalArgumentException(
          "There is a loss named '%s' already".formatted(penalty.name()));
    }
    return new Trainer(model, objective, options, frozen, List.copyOf(all), folder, keptSteps);
  }

  /**
   * Keeps a checkpoint before the first step, after every so many, and after the last; see {@link
   * Checkpoints}. If the folder has some of the same training, it is resumed from the last.
   *
   * @param every how many steps; 1 or more
   */
  public Trainer checkpoints(Path folder, int every) {
    if (every < 1) {
      throw new IllegalArgumentException(
          "Expected a checkpoint every 1 step or more; got " + every);
    }
    List<Integer> steps = new ArrayList<>();
    for (int step = 0; step < options.steps(); step += every) {
      steps.add(step);
    }
    return checkpoints(folder, steps);
  }

  /**
   * Keeps a checkpoint when so many steps are done, and after the last.
   *
   * @throws IllegalArgumentException if there are not so many steps
   */
  public Trainer checkpoints(Path folder, Collection<Integer> steps) {
    TreeSet<Integer> kept = new TreeSet<>(steps);
    kept.add(options.steps());
    if (kept.first() < 0 || kept.last() > options.steps()) {
      throw new IllegalArgumentException(
          "Checkpoints stand between step 0 and %d; got %s".formatted(options.steps(), steps));
    }
    return new Trainer(model, objective, options, frozen, penalties, folder, kept);
  }

  /**
   * Trains, with a progress bar; goes on from the last checkpoint if there is one.
   *
   * @throws TrainingException if a loss, a gradient or a parameter is not a number: it says at
   *     which step, in which parameter, and what the last good checkpoint is
   * @throws IOException if a checkpoint cannot be written or read; the last good one stays
   * @throws IllegalArgumentException if the folder holds another training
   * @throws java.util.concurrent.CancellationException if the thread is interrupted; what was kept
   *     is resumed by calling this again
   */
  public TrainedModel train() throws IOException {
    Weights weights = ContiguousWeights.copy(model.weights());
    if (folder == null) {
      return train(weights, null, TrainingFolder.Saved.NOTHING);
    }
    TrainingFolder files = TrainingFolder.open(folder, model, description());
    try (NDManager scope = Engines.newManager(model.device())) {
      return train(weights, files, files.resume(weights, scope));
    }
  }

  /**
   * Returns the training itself, on a copy of the weights, to do and time single steps; close it
   * afterwards. No checkpoints are kept.
   */
  public Training begin() {
    Weights weights = ContiguousWeights.copy(model.weights());
    ModelStep step = new ModelStep(model, objective, penalties, weights, 0);
    return Training.of(trained(weights), objective.examples(), step, options);
  }

  private TrainedModel train(
      Weights weights, @Nullable TrainingFolder files, TrainingFolder.Saved saved)
      throws IOException {
    Map<String, NDArray> trained = trained(weights);
    ModelStep step = new ModelStep(model, objective, penalties, weights, saved.state().step());
    TrainingCurve curve;
    try (Training training =
        Training.resume(trained, objective.examples(), step, options, saved.state())) {
      if (files != null && saved.state().step() == 0 && keptSteps.contains(0)) {
        files.save(weights, training.state(), saved.followedBy(training.curve()));
      }
      curve =
          saved.followedBy(
              training.finish(
                  "training " + model.name(), done -> keep(files, training, weights, saved, done)));
    } catch (TrainingException e) {
      throw new TrainingException(
          e,
          files == null
              ? "No checkpoint was asked for; Trainer.checkpoints(folder, every) keeps them"
              : files.lastGood());
    }
    HookedTransformer result =
        model.withWeights(
            "%s, trained %,d steps".formatted(model.name(), options.steps()), weights);
    return new TrainedModel(result, curve);
  }

  private void keep(
      @Nullable TrainingFolder files,
      Training training,
      Weights weights,
      TrainingFolder.Saved saved,
      int done)
      throws IOException {
    if (files != null && keptSteps.contains(done)) {
      training.requireFinite();
      files.save(weights, training.state(), saved.followedBy(training.curve()));
    }
  }

  /** A tied unembedding is trained once, under the embedding's name. */
  private Map<String, NDArray> trained(Weights weights) {
    Map<String, NDArray> trained = new LinkedHashMap<>();
    for (String name : weights.names()) {
      NDArray weight = weights.get(name);
      boolean other = frozen.contains(name) || trained.values().stream().anyMatch(w -> w == weight);
      boolean frozenTwin = frozen.stream().anyMatch(twin -> weights.get(twin) == weight);
      if (!other && !frozenTwin) {
        trained.put(name, weight);
      }
    }
    return trained;
  }

  private Map<String, String> description() {
    Map<String, String> description = new LinkedHashMap<>();
    description.put("model", model.name());
    description.put("initial weights", ContiguousWeights.sha256(model.weights()));
    description.put("objective", String.valueOf(objective));
    description.put("data", objective.sha256());
    description.put("options", options.toString());
    description.put("frozen", frozen.toString());
    description.put("penalties", penalties.toString());
    description.put("interventions", model.interventions().toString());
    return description;
  }
}
