package io.loupe.workbench.path;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The gradient of a metric with respect to the residual stream as single inputs read it: one head's
 * query, key or value, an MLP, the logits. The input's norm is differentiated with it. One forward
 * and one backward pass give all of them (Syed et al. 2023, edge attribution patching).
 */
public final class InputGradients implements AutoCloseable {
  private final ModelConfig config;
  private final Wiring wiring;
  private final Gradients gradients;

  private InputGradients(ModelConfig config, Wiring wiring, Gradients gradients) {
    this.config = config;
    this.wiring = wiring;
    this.gradients = gradients;
  }

  /**
   * Runs the model forward and backward.
   *
   * @param metric must be differentiable
   * @throws IllegalArgumentException if it is not, or the model has no such input
   */
  public static InputGradients of(
      HookedTransformer model, Tokens tokens, Metric metric, Collection<Input> inputs) {
    return of(model, tokens, metric, inputs, Capture.nothing());
  }

  /**
   * Runs the model forward and backward, and keeps further activations of the run.
   *
   * @param also what is kept for {@link #run}, beside what the gradients need
   * @throws IllegalArgumentException as {@link #of(HookedTransformer, Tokens, Metric, Collection)}
   */
  public static InputGradients of(
      HookedTransformer model,
      Tokens tokens,
      Metric metric,
      Collection<Input> inputs,
      Capture also) {
    Set<HookPoint> points = new HashSet<>();
    for (Input input : inputs) {
      input.check(model.config());
      points.addAll(points(input, model.config()));
    }
    return new InputGradients(
        model.config(),
        model.wiring(),
        model.gradients(tokens, metric, also, points.toArray(HookPoint[]::new)));
  }

  private static Set<HookPoint> points(Input input, ModelConfig config) {
    int layer = input.layer();
    return switch (input.kind()) {
      case QUERY -> Set.of(Sites.Q.at(layer));
      case KEY -> Set.of(Sites.K.at(layer));
      case VALUE -> Set.of(Sites.V.at(layer));
      case MLP ->
          config.mlp().gated()
              ? Set.of(Sites.MLP_PRE.at(layer), Sites.MLP_PRE_LINEAR.at(layer))
              : Set.of(Sites.MLP_PRE.at(layer));
      case LOGITS -> Set.of(Sites.RESID_POST.at(config.layers() - 1));
    };
  }

  /**
   * Returns the gradient at an input, one of those that were asked for.
   *
   * @param stream what the input reads in the run, [batch, pos, d_model]
   * @param manager owns the result
   * @return [batch, pos, d_model]
   */
  public NDArray at(Input input, NDArray stream, NDManager manager) {
    return at(input, stream, new NDIndex().addAllDim(2), manager);
  }

  /**
   * Returns a part of the gradient at an input.
   *
   * @param stream what the input reads in the run, [batch, pos, d_model]
   * @param part which rows and columns
   * @param manager owns the result
   * @return [some of batch, some of pos, d_model]
   */
  public NDArray at(Input input, NDArray stream, NDIndex part, NDManager manager) {
    int layer = input.layer();
    try (NDManager scope = manager.newSubManager()) {
      NDArray read = handle(stream, scope).get(part);
      NDArray gradient =
          switch (input.kind()) {
            case QUERY ->
                wiring.queryGradient(
                    layer, input.head(), read, head(Sites.Q.at(layer), input, part, scope));
            case KEY ->
                wiring.keyGradient(
                    layer, input.head(), read, head(Sites.K.at(layer), input, part, scope));
            case VALUE ->
                wiring.valueGradient(
                    layer, input.head(), read, head(Sites.V.at(layer), input, part, scope));
            case MLP ->
                wiring.mlpGradient(
                    layer,
                    read,
                    gradient(Sites.MLP_PRE.at(layer), part, scope),
                    config.mlp().gated()
                        ? gradient(Sites.MLP_PRE_LINEAR.at(layer), part, scope)
                        : null);
            case LOGITS -> gradient(Sites.RESID_POST.at(config.layers() - 1), part, scope);
          };
      gradient.attach(manager);
      return gradient;
    }
  }

  /**
   * Returns the gradients at the same input of all heads of a layer, which were all asked for.
   *
   * @param kind QUERY, KEY or VALUE
   * @param stream what they read in the run, [batch, pos, d_model]
   * @param part which rows and columns
   * @param manager owns the result
   * @return [head or key/value head, some of batch, some of pos, d_model]
   */
  public NDArray heads(
      Input.Kind kind, int layer, NDArray stream, NDIndex part, NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray read = handle(stream, scope).get(part);
      NDArray gradient =
          switch (kind) {
            case QUERY ->
                wiring.queryGradients(layer, read, gradient(Sites.Q.at(layer), part, scope));
            case KEY -> wiring.keyGradients(layer, read, gradient(Sites.K.at(layer), part, scope));
            case VALUE ->
                wiring.valueGradients(layer, read, gradient(Sites.V.at(layer), part, scope));
            case MLP, LOGITS ->
                throw new IllegalArgumentException(
                    "Heads have queries, keys and values; got %s: at(Input, NDArray, NDManager) takes any input"
                        .formatted(kind));
          };
      gradient.attach(manager);
      return gradient;
    }
  }

  /** Returns the run, with the activations that were kept. */
  public Run run() {
    return gradients.run();
  }

  private NDArray head(HookPoint point, Input input, NDIndex part, NDManager scope) {
    NDArray all = gradient(point, part, scope);
    return all.get(new NDIndex().addAllDim(2).addIndices(input.head()));
  }

  private NDArray gradient(HookPoint point, NDIndex part, NDManager scope) {
    return handle(gradients.at(point), scope).get(part);
  }

  private static NDArray handle(NDArray array, NDManager scope) {
    NDArray handle = NativeMemory.keep(array);
    handle.attach(scope);
    return handle;
  }

  /** Returns the metric for each example, [batch]. */
  public double[] metric() {
    return gradients.metric();
  }

  /** Frees the gradients. */
  @Override
  public void close() {
    gradients.close();
  }
}
