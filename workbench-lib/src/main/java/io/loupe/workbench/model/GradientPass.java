package io.loupe.workbench.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.nn.Transformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A forward pass that is recorded, and the way back through it. */
final class GradientPass {
  private GradientPass() {}

  static Gradients of(
      HookedTransformer model,
      Transformer transformer,
      Tokens tokens,
      Metric metric,
      Capture also,
      Set<HookPoint> tapped) {
    try (NDManager scope = Engines.newRecordingManager(model.device());
        GradientCollector collector = Engines.pytorch().newGradientCollector()) {
      Capture capture =
          Capture.matching(point -> tapped.contains(point) || also.wants().test(point));
      RunHooks hooks = model.hooks(tokens, capture, tapped);
      NDArray logits = transformer.forward(tokens, scope, hooks);
      NDArray values = metric.perExample(logits, tokens);
      backward(collector, values);
      Map<HookPoint, NDArray> gradients = new HashMap<>();
      for (HookPoint point : tapped) {
        gradients.put(point, NativeMemory.keep(hooks.tap(point).getGradient()));
      }
      Run run = model.finished(hooks, NativeMemory.keep(logits), tokens);
      return new Gradients(run, Tensors.vector(values.stopGradient()), gradients);
    }
  }

  private static void backward(GradientCollector collector, NDArray values) {
    try {
      collector.backward(values.sum());
    } catch (EngineException e) {
      throw new IllegalArgumentException(
          "The metric has no gradient with respect to these points: it must be made of differentiable operations on the logits (no argMax, no comparison)",
          e);
    }
  }
}
