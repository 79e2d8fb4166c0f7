package io.loupe.workbench.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each single step against the forward pass, in float64, and its gradient against differences. */
class WiringTest {
  private static final Tokens TOKENS =
      Tokens.of(new long[] {11, 12, 13, 14}, new long[] {9, 8, 7, 6});
  private static final Tokens OTHERS =
      Tokens.of(new long[] {21, 22, 13, 24}, new long[] {9, 5, 4, 3});

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void stepsAreThoseOfTheForwardPass(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    Wiring wiring = model.wiring();
    ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
    ActivationCache others = model.run(OTHERS, Capture.everything()).cache();
    for (int layer = 0; layer < config.layers(); layer++) {
      NDArray pre = cache.get(Sites.RESID_PRE.at(layer));
      NDArray mid = config.block().parallel() ? pre : cache.get(Sites.RESID_MID.at(layer));
      int last = config.heads() - 1;
      int lastKv = config.kvHeads() - 1;
      same(wiring.query(layer, last, pre), head(cache.get(Sites.Q.at(layer)), last));
      same(wiring.key(layer, lastKv, pre), head(cache.get(Sites.K.at(layer)), lastKv));
      same(wiring.value(layer, lastKv, pre), head(cache.get(Sites.V.at(layer)), lastKv));
      same(wiring.mlp(layer, mid), cache.get(Sites.MLP_OUT.at(layer)));
      NDArray attention = cache.get(Sites.ATTN_OUT.at(layer));
      NDArray after = wiring.afterAttention(layer, pre, attention);
      if (!config.block().parallel()) {
        same(after, mid);
      }
      same(
          wiring.afterMlp(layer, after, cache.get(Sites.MLP_OUT.at(layer))),
          cache.get(Sites.RESID_POST.at(layer)));
      NDArray changed =
          model
              .with(Interventions.patch(Sites.Z.at(layer), Slice.at(Axis.HEAD, 0, last), others))
              .run(TOKENS, Capture.of(Sites.ATTN_OUT))
              .cache()
              .get(Sites.ATTN_OUT.at(layer));
      same(
          wiring.attentionChange(
              layer,
              last == 0 ? List.of(0) : List.of(0, last),
              cache.get(Sites.Z.at(layer)),
              others.get(Sites.Z.at(layer)),
              attention),
          changed.sub(attention));
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void manyHeadsAreTheirSingleHeads(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    Wiring wiring = model.wiring();
    ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
    int layer = config.layers() - 1;
    NDArray pre = cache.get(Sites.RESID_PRE.at(layer));
    NDArray other = model.run(OTHERS, Capture.everything()).cache().get(Sites.RESID_PRE.at(layer));
    int last = config.heads() - 1;
    int lastKv = config.kvHeads() - 1;
    NDArray both = NDArrays.stack(new NDList(pre, other, pre));
    NDArray queries = wiring.queries(layer, new int[] {last, 0, 0}, both);
    same(queries.get(0), wiring.query(layer, last, pre));
    same(queries.get(1), wiring.query(layer, 0, other));
    same(
        wiring.keys(layer, new int[] {0, lastKv, 0}, both).get(1),
        wiring.key(layer, lastKv, other));
    same(wiring.values(layer, new int[] {0, lastKv, 0}, both).get(2), wiring.value(layer, 0, pre));
    try (NDManager manager = Engines.newManager(model.device())) {
      NDArray q =
          manager.randomNormal(0, 1, cache.get(Sites.Q.at(layer)).getShape(), DataType.FLOAT64);
      NDArray k =
          manager.randomNormal(0, 1, cache.get(Sites.K.at(layer)).getShape(), DataType.FLOAT64);
      same(
          wiring.queryGradients(layer, pre, q).get(last),
          wiring.queryGradient(layer, last, pre, head(q, last)));
      same(
          wiring.keyGradients(layer, pre, k).get(lastKv),
          wiring.keyGradient(layer, lastKv, pre, head(k, lastKv)));
      same(
          wiring.valueGradients(layer, pre, k).get(0),
          wiring.valueGradient(layer, 0, pre, head(k, 0)));
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void headsAndABiasAreWhatTheAttentionAdds(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    Norms norms = config.block().norms();
    if (norms.hasBehind() && model.weights().names().stream().anyMatch(n -> n.endsWith("b_O"))) {
      return; // the bias is then not apart from the heads
    }
    ActivationCache cache = model.run(TOKENS, Capture.matching(point -> true)).cache();
    try (NDManager manager = Engines.newManager(model.device())) {
      for (int layer = 0; layer < config.layers(); layer++) {
        NDArray mixed = cache.get(Sites.Z.at(layer));
        if (norms.hasBehind() && norms != Norms.ON_STREAM) {
          mixed = mixed.div(cache.get(Sites.LN1_POST_SCALE.at(layer)).expandDims(3));
        }
        NDArray sum = cache.get(Sites.ATTN_OUT.at(layer)).zerosLike();
        NDArray outputs = model.wiring().headOutputs(layer, manager);
        for (int head = 0; head < config.heads(); head++) {
          sum = sum.add(head(mixed, head).matMul(outputs.get(head)));
        }
        NDArray bias = model.wiring().attentionBias(layer);
        same(bias == null ? sum : sum.add(bias), cache.get(Sites.ATTN_OUT.at(layer)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void gradientsAgreeWithFiniteDifferences(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    Wiring wiring = model.wiring();
    ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
    int layer = config.layers() - 1;
    NDArray pre = cache.get(Sites.RESID_PRE.at(layer));
    NDArray mid = config.block().parallel() ? pre : cache.get(Sites.RESID_MID.at(layer));
    int head = config.heads() - 1;
    int kv = config.kvHeads() - 1;
    try (NDManager manager = Engines.newManager(model.device())) {
      NDArray q =
          manager.randomNormal(0, 1, wiring.query(layer, head, pre).getShape(), DataType.FLOAT64);
      agrees(
          pre,
          x -> wiring.query(layer, head, x),
          q,
          wiring.queryGradient(layer, head, pre, q),
          manager);
      agrees(pre, x -> wiring.key(layer, kv, x), q, wiring.keyGradient(layer, kv, pre, q), manager);
      agrees(
          pre,
          x -> wiring.value(layer, kv, x),
          q,
          wiring.valueGradient(layer, kv, pre, q),
          manager);
      mlpGradient(model, mid, cache, manager);
    }
  }

  /** The gradients at the neurons are the model's own, tested elsewhere. */
  private static void mlpGradient(
      HookedTransformer model, NDArray mid, ActivationCache cache, NDManager manager) {
    ModelConfig config = model.config();
    int layer = config.layers() - 1;
    HookPoint[] points =
        config.mlp().gated()
            ? new HookPoint[] {Sites.MLP_PRE.at(layer), Sites.MLP_PRE_LINEAR.at(layer)}
            : new HookPoint[] {Sites.MLP_PRE.at(layer)};
    Metric metric = Metrics.logitDifference(7, 9);
    Gradients gradients = model.gradients(TOKENS, metric, points);
    NDArray analytic =
        model
            .wiring()
            .mlpGradient(
                layer,
                mid,
                gradients.at(points[0]),
                points.length == 2 ? gradients.at(points[1]) : null);
    NDArray direction = manager.randomNormal(0, 1, mid.getShape(), DataType.FLOAT64);
    double[] shifted = new double[2];
    for (int side = 0; side < 2; side++) {
      NDArray stream = mid.add(direction.mul(side == 0 ? 1e-6 : -1e-6));
      NDArray out = model.wiring().mlp(layer, stream);
      var edit = Interventions.edit(Sites.MLP_OUT.at(layer), Slice.ALL, "shifted", x -> out);
      shifted[side] = Arrays.stream(metric.perExample(model.with(edit).run(TOKENS))).sum();
    }
    double product = analytic.mul(direction).sum().getDouble();
    assertThat(product)
        .isCloseTo((shifted[0] - shifted[1]) / 2e-6, within(1e-5 * (1 + Math.abs(product))));
  }

  /** Compares the derivative of the product with {@code weights} along a random direction. */
  private static void agrees(
      NDArray stream,
      UnaryOperator<NDArray> step,
      NDArray weights,
      NDArray gradient,
      NDManager manager) {
    NDArray direction = manager.randomNormal(0, 1, stream.getShape(), DataType.FLOAT64);
    double size = 1e-6;
    double up = step.apply(stream.add(direction.mul(size))).mul(weights).sum().getDouble();
    double down = step.apply(stream.sub(direction.mul(size))).mul(weights).sum().getDouble();
    double analytic = gradient.mul(direction).sum().getDouble();
    assertThat(analytic)
        .isCloseTo((up - down) / (2 * size), within(1e-5 * (1 + Math.abs(analytic))));
  }

  private static void same(NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    Expected.assertClose(Tensors.doubles(actual), Tensors.doubles(expected), "step", 1e-10);
  }

  private static NDArray head(NDArray byHead, int head) {
    return byHead.get(new NDIndex().addAllDim(2).addIndices(head));
  }
}
