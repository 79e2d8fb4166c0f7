package io.loupe.workbench.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Gradient descent on named parameters, which are changed in place; DJL's optimisers do the
 * updates. Parameters that should stay as they are ("frozen") are not given: the objective reads
 * them from elsewhere.
 *
 * <p>A loss or gradient that is not a number ends training before it reaches the parameters, with a
 * {@link TrainingException} that says at which step and in which parameter.
 */
public final class Training implements AutoCloseable {
  private final Map<String, NDArray> parameters;
  private final Objective objective;
  private final TrainingOptions options;
  private final Batches batches;
  private final NDManager manager;
  private final OptimizerState momenta;
  private final Optimizer optimizer;
  private final Map<String, List<Double>> losses = new LinkedHashMap<>();
  private final List<Double> norms = new ArrayList<>();
  private int done;

  private Training(
      Map<String, NDArray> parameters,
      int examples,
      Objective objective,
      TrainingOptions options,
      TrainingState from) {
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("There are no parameters to train");
    }
    this.parameters = new LinkedHashMap<>(parameters);
    this.objective = objective;
    this.options = options;
    this.batches = new Batches(examples, options.batch(), options.seed());
    this.manager = Engines.newManager(parameters.values().iterator().next().getDevice());
    this.momenta = new OptimizerState(manager, from.momenta());
    this.done = from.step();
    this.optimizer =
        momenta.optimizer(
            options.optimizer(),
            (name, update) -> (float) options.schedule().at(update - 1, options.steps()),
            done);
  }

  /**
   * Makes a training that has done no step.
   *
   * @param parameters by name, floating; changed in place
   * @param examples how many examples there are to draw batches from
   */
  public static Training of(
      Map<String, NDArray> parameters, int examples, Objective objective, TrainingOptions options) {
    return resume(parameters, examples, objective, options, TrainingState.NOTHING);
  }

  /**
   * Goes on with a training that was broken off: with the parameters and the state of that moment,
   * and everything else as it was, the rest is the same bit by bit on the CPU.
   */
  public static Training resume(
      Map<String, NDArray> parameters,
      int examples,
      Objective objective,
      TrainingOptions options,
      TrainingState from) {
    return new Training(parameters, examples, objective, options, from);
  }

  /**
   * Trains from the first step to the last.
   *
   * @param what for the progress bar, e.g. {@code tuned lens}
   * @throws TrainingException if a loss or gradient is not a number
   */
  public static TrainingCurve run(
      String what,
      Map<String, NDArray> parameters,
      int examples,
      Objective objective,
      TrainingOptions options) {
    try (Training training = of(parameters, examples, objective, options)) {
      return training.finish(what);
    }
  }

  /**
   * Does all steps that are left, with a progress bar.
   *
   * @throws TrainingException if a loss or gradient is not a number
   * @throws CancellationException if the thread is interrupted; it stays so, and parameters are
   *     those of the last whole step
   */
  public TrainingCurve finish(String what) {
    try {
      return finish(what, step -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing is written
    }
  }

  /**
   * Does all steps that are left, with a progress bar.
   *
   * @param after told after each step how many are done, to keep a checkpoint
   * @throws IOException what {@code after} throws
   * @throws TrainingException if a loss or gradient is not a number
   * @throws CancellationException if the thread is interrupted; it stays so, and parameters are
   *     those of the last whole step
   */
  public TrainingCurve finish(String what, AfterStep after) throws IOException {
    TrainingProgress progress = new TrainingProgress(what, options.steps(), System::nanoTime);
    double loss = Double.NaN;
    try {
      while (done < options.steps()) {
        loss = step();
        progress.at(done, loss);
        after.done(done);
      }
    } finally {
      progress.close(done, loss);
    }
    return curve();
  }

  /** Is told of each step. */
  @FunctionalInterface
  public interface AfterStep {
    /** So many steps are done. */
    void done(int steps) throws IOException;
  }

  /**
   * Does one step.
   *
   * @return the loss of its batch before the update
   * @throws IllegalStateException if all steps are done
   */
  public double step() {
    if (done >= options.steps()) {
      throw new IllegalStateException("All %d steps are done".formatted(options.steps()));
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("the thread was interrupted in training, step " + done);
    }
    try (NDManager scope = Engines.newRecordingManager(manager.getDevice())) {
      double loss = step(done, scope);
      done++;
      return loss;
    }
  }

  /** Returns how many steps are done. */
  public int done() {
    return done;
  }

  /** Returns the losses of the steps done since this was made. */
  public TrainingCurve curve() {
    return new TrainingCurve(losses, norms, options);
  }

  /**
   * Returns what is needed besides the parameters to go on later; its tensors are those of this
   * training, which the next step changes.
   */
  public TrainingState state() {
    return new TrainingState(done, momenta.arrays());
  }

  /** Frees what the optimiser remembers. */
  @Override
  public void close() {
    manager.close();
  }

  private double step(int step, NDManager scope) {
    Map<String, NDArray> leaves = leaves(scope);
    Map<String, Double> values = new LinkedHashMap<>();
    try (GradientCollector collector = Engines.pytorch().newGradientCollector()) {
      objective.compute(
          leaves,
          batches.at(step),
          scope,
          new Objective.Losses() {
            @Override
            public void add(String name, NDArray loss) {
              addTogether(Map.of(name, loss));
            }

            @Override
            public void addTogether(Map<String, NDArray> several) {
              several.forEach((name, loss) -> values.put(name, value(step, name, loss)));
              collector.backward(several.values().stream().reduce(NDArray::add).orElseThrow());
            }
          });
    }
    if (values.isEmpty()) {
      throw new IllegalArgumentException("The objective gave no loss");
    }
    double factor = clipping(step, leaves);
    leaves.forEach(
        (name, leaf) -> {
          NDArray gradient = leaf.getGradient();
          gradient.attach(scope);
          optimizer.update(name, leaf, factor == 1 ? gradient : gradient.muli(factor));
        });
    values.forEach((name, loss) -> losses.computeIfAbsent(name, n -> new ArrayList<>()).add(loss));
    return values.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** Handles on the parameters' own memory that collect this step's gradient alone. */
  private Map<String, NDArray> leaves(NDManager scope) {
    Map<String, NDArray> leaves = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> {
          NDArray leaf = parameter.stopGradient();
          leaf.attach(scope);
          leaf.setRequiresGradient(true);
          leaves.put(name, leaf);
        });
    return leaves;
  }

  private double value(int step, String name, NDArray loss) {
    if (loss.size() != 1) {
      throw new IllegalArgumentException(
          "A loss is one number; '%s' has the shape %s".formatted(name, loss.getShape()));
    }
    double value = Tensors.doubles(loss.stopGradient())[0];
    if (!Double.isFinite(value)) {
      throw new TrainingException(
          step,
          "The loss '%s' is %s at step %d of %d; %s. The learning rate there is %.3g: try a smaller one"
              .formatted(
                  name,
                  value,
                  step,
                  options.steps(),
                  blame(),
                  options.schedule().at(step, options.steps())));
    }
    return value;
  }

  /**
   * Refuses parameters that the last update made infinite or not a number, so that they are never
   * kept as a checkpoint.
   *
   * @throws TrainingException naming the parameter and the step
   */
  public void requireFinite() {
    String parameter = notFinite();
    if (parameter != null) {
      throw new TrainingException(
          done,
          "Parameter '%s' is not finite after step %d of %d; the learning rate was %.3g: try a smaller one"
              .formatted(
                  parameter,
                  done,
                  options.steps(),
                  options.schedule().at(Math.max(0, done - 1), options.steps())));
    }
  }

  private @Nullable String notFinite() {
    return parameters.entrySet().stream()
        .filter(parameter -> !isFinite(parameter.getValue()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  /** Says which parameter is to blame for a loss that is not a number. */
  private String blame() {
    String parameter = notFinite();
    if (parameter != null) {
      return "parameter '%s' is not finite".formatted(parameter);
    }
    return "all parameters are finite, so the loss itself overflows or reads bad data";
  }

  /** Returns what gradients are multiplied with so that their common norm is within its bound. */
  private double clipping(int step, Map<String, NDArray> leaves) {
    double squares = 0;
    for (Map.Entry<String, NDArray> leaf : leaves.entrySet()) {
      NDArray gradient = leaf.getValue().getGradient();
      gradient.attach(leaf.getValue().getManager());
      double norm = Tensors.doubles(gradient.norm())[0];
      if (!Double.isFinite(norm)) {
        throw new TrainingException(
            step,
            "The gradient of parameter '%s' is not finite at step %d of %d"
                .formatted(leaf.getKey(), step, options.steps()));
      }
      squares += norm * norm;
    }
    double norm = Math.sqrt(squares);
    norms.add(norm);
    double most = options.clipNorm().orElse(Double.POSITIVE_INFINITY);
    return norm > most ? most / norm : 1;
  }

  private static boolean isFinite(NDArray array) {
    try (NDArray sum = array.abs().sum()) {
      return Double.isFinite(Tensors.doubles(sum)[0]);
    }
  }
}
