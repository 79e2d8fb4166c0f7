package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.RecordedPass;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.train.Objective;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The losses of one step: a recorded pass with the parameters' leaves, and what is made of it. */
final class ModelStep implements Objective {
  private final HookedTransformer model;
  private final ModelObjective objective;
  private final List<Penalty> penalties;
  private final Weights weights;
  private final Set<HookPoint> points = new HashSet<>();
  private int step;

  /**
   * Prepares the steps.
   *
   * @param weights all of them, of which some are trained
   * @param step how many are done
   */
  ModelStep(
      HookedTransformer model,
      ModelObjective objective,
      List<Penalty> penalties,
      Weights weights,
      int step) {
    this.model = model;
    this.objective = objective;
    this.penalties = penalties;
    this.weights = weights;
    this.step = step;
    penalties.forEach(penalty -> points.addAll(penalty.points()));
  }

  @Override
  public void compute(
      Map<String, NDArray> parameters, int[] examples, NDManager scope, Losses losses) {
    TrainingBatch batch = objective.batch(step++, examples);
    RecordedPass pass =
        model
            .with(batch.inputs())
            .recorded(leaves(parameters, scope), batch.tokens(), points, scope);
    Map<String, NDArray> all = new LinkedHashMap<>();
    all.put(objective.name(), objective.loss(pass.logits(), batch));
    for (Penalty penalty : penalties) {
      all.put(penalty.name(), penalty.loss().of(pass, batch).mul(penalty.weight()));
    }
    losses.addTogether(all);
  }

  /** Leaves for what is trained, and handles for what is frozen, all in the step's scope. */
  private Weights leaves(Map<String, NDArray> parameters, NDManager scope) {
    Map<NDArray, NDArray> byWeight = new IdentityHashMap<>();
    parameters.forEach((name, leaf) -> byWeight.put(weights.get(name), leaf));
    Map<String, NDArray> leaves = new LinkedHashMap<>();
    for (String name : weights.names()) {
      leaves.put(name, byWeight.computeIfAbsent(weights.get(name), w -> handle(w, scope)));
    }
    return new Weights(leaves);
  }

  private static NDArray handle(NDArray weight, NDManager scope) {
    NDArray handle = weight.stopGradient();
    handle.attach(scope);
    return handle;
  }
}
