package io.loupe.workbench.steering;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.Training;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingOptions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;

/**
 * A task vector that is a weighted sum of what heads write at the last token of prompts that show
 * the task, the weights found by gradient through the model so that the vector, added at the last
 * token of prompts without examples, makes a metric as large as it can (Saglam et al. 2025). Look
 * at other prompts than those it was trained on.
 */
public final class LearnedTaskVector implements Displayable {
  private static final String WEIGHTS = "head weights";

  private final SteeringVector vector;
  private final double[][] weights; // [layer][head]
  private final TrainingCurve curve;

  private LearnedTaskVector(SteeringVector vector, double[][] weights, TrainingCurve curve) {
    this.vector = vector;
    this.weights = weights;
    this.curve = curve;
  }

  /**
   * Finds the weights, from zero on.
   *
   * @param demonstrations prompts whose examples show the task
   * @param queries prompts without examples, which end where the answer is asked for
   * @param metric of the queries, differentiable, to be made large; e.g. {@code
   *     Metrics.logProbability(answers)}
   * @param at where the vector is added, e.g. {@code RESID_POST.at(3)}
   * @param options of the search; every step is computed on all queries
   */
  public static LearnedTaskVector of(
      HookedTransformer model,
      Tokens demonstrations,
      Tokens queries,
      Metric metric,
      HookPoint at,
      TrainingOptions options) {
    double[][] means = Steering.headMeans(model, demonstrations, at); // [all heads][d_model]
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray outputs = matrix(means, model.type(), scope);
      NDArray found = scope.zeros(new Shape(1, means.length), model.type());
      TrainingCurve curve =
          Training.run(
              WEIGHTS,
              Map.of(WEIGHTS, found),
              1,
              (parameters, examples, step, losses) -> {
                NDArray weights = parameters.values().iterator().next();
                losses.add("loss", loss(model, queries, metric, at, weights, outputs, step));
              },
              options);
      double[] flat = Tensors.doubles(found);
      int heads = model.config().heads();
      double[][] weights = new double[model.config().layers()][];
      for (int layer = 0; layer < weights.length; layer++) {
        weights[layer] = Arrays.copyOfRange(flat, layer * heads, (layer + 1) * heads);
      }
      String method =
          "learned sum of heads, mean at the last token of %d prompts, %d steps on %d queries"
              .formatted(demonstrations.batch(), options.steps(), queries.batch());
      SteeringVector vector = new SteeringVector(at, sum(means, flat), method, model.name());
      return new LearnedTaskVector(vector, weights, curve);
    }
  }

  /** Returns minus the metric's mean, the vector added at the queries' last tokens. */
  private static NDArray loss(
      HookedTransformer model,
      Tokens queries,
      Metric metric,
      HookPoint at,
      NDArray weights,
      NDArray outputs,
      NDManager scope) {
    NDArray vector = weights.matMul(outputs); // [1, d_model]
    HookedTransformer edited =
        model.with(
            Interventions.edit(
                at, Slice.positions(-1), "learned vector", stream -> stream.add(vector)));
    NDArray logits = edited.recorded(edited.weights(), queries, Set.of(), scope).logits();
    NDArray values = metric.perExample(logits, queries);
    return values.mean().neg();
  }

  private static NDArray matrix(double[][] rows, DataType type, NDManager scope) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return scope
        .create(flat, new Shape(rows.length, rows[0].length))
        .toType(type, true); // a copy that does not hang on a Java buffer
  }

  private static double[] sum(double[][] means, double[] weights) {
    double[] sum = new double[means[0].length];
    for (int head = 0; head < means.length; head++) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += weights[head] * means[head][i];
      }
    }
    return sum;
  }

  /** Returns the vector. */
  public SteeringVector vector() {
    return vector;
  }

  /** Returns a head's weight. */
  public double weight(Head head) {
    return weights[head.layer()][head.index()];
  }

  /** Returns how the search went: the loss is minus the metric's mean. */
  public TrainingCurve curve() {
    return curve;
  }

  /** Returns the heads with the largest weights, whatever their sign. */
  public HeadSet top(int count) {
    return HeadSet.of(
        HeadSet.all(weights.length, weights[0].length).toList().stream()
            .sorted(Comparator.comparingDouble(head -> -Math.abs(weight(head))))
            .limit(count)
            .toList());
  }

  /** Draws the weights, layer by head. */
  public Heatmap plot() {
    return Plots.heatmap(weights)
        .diverging()
        .yLabel("layer")
        .xLabel("head")
        .colorLabel("weight")
        .title("Heads in the learned task vector");
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    double[] losses = curve.total();
    return "LearnedTaskVector[%s, metric %.4f to %.4f, heads %s]"
        .formatted(vector, -losses[0], -losses[losses.length - 1], top(3));
  }
}
