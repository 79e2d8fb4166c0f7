package io.loupe.circuits.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * A circuit run the slow way, by the public hooks alone: every node's output by itself, every input
 * the explicit sum of its edges, and a whole pass of the model for each input, in which the stream
 * before its layer is that sum. An edge may be kept to a share.
 */
public final class NaiveCircuit {
  private final ModelGraph graph;
  private final ModelConfig config;
  private final HookedTransformer model;
  private final Tokens clean;
  private final Tokens corrupted;
  private final ActivationCache base;
  private final List<NDArray> cleanOutputs;

  public NaiveCircuit(ModelGraph graph, Tokens clean, Tokens corrupted) {
    this.graph = graph;
    this.config = graph.config();
    this.model = graph.model();
    this.clean = clean;
    this.corrupted = corrupted;
    this.base = model.run(clean, Capture.matching(point -> true)).cache();
    this.cleanOutputs = outputs(clean);
  }

  /** Returns what every node writes in a run, [batch, pos, d_model] each. */
  public List<NDArray> outputs(Tokens tokens) {
    List<NDArray> outputs = new ArrayList<>();
    Run run = model.run(tokens, Capture.matching(point -> true));
    ActivationCache cache = run.cache();
    outputs.add(cache.get(Sites.RESID_PRE.at(0)));
    for (int layer = 0; layer < config.layers(); layer++) {
      outputs.addAll(heads(layer, cache));
      if (config.hasMlps()) {
        outputs.add(cache.get(Sites.MLP_OUT.at(layer)));
      }
    }
    return outputs;
  }

  /** Returns each head's share of what its attention adds. */
  private List<NDArray> heads(int layer, ActivationCache cache) {
    NDArray result = cache.get(Sites.RESULT.at(layer)); // [batch, pos, head, d_model]
    List<NDArray> heads = new ArrayList<>();
    for (int head = 0; head < config.heads(); head++) {
      NDArray own = result.get(new NDIndex().addAllDim(2).addIndices(head));
      if (config.block().norms().hasBehind()) {
        NDArray weight = model.weights().get("blocks." + layer + ".ln1_post.w");
        own = own.div(cache.get(Sites.LN1_POST_SCALE.at(layer))).mul(weight);
      }
      heads.add(own);
    }
    return heads;
  }

  /** Returns the metric where each edge is kept to a share and replaced by the rest. */
  public double[] metric(IntToDoubleFunction kept, List<NDArray> replaced, Metric metric) {
    List<NDArray> own = new ArrayList<>();
    own.add(cleanOutputs.get(0));
    for (int layer = 0; layer < config.layers(); layer++) {
      NDArray q = heads(Input.Kind.QUERY, Sites.Q.at(layer), kept, own, replaced);
      NDArray k = heads(Input.Kind.KEY, Sites.K.at(layer), kept, own, replaced);
      NDArray v = heads(Input.Kind.VALUE, Sites.V.at(layer), kept, own, replaced);
      ActivationCache cache =
          model
              .with(
                  Interventions.edit(Sites.Q.at(layer), x -> q),
                  Interventions.edit(Sites.K.at(layer), x -> k),
                  Interventions.edit(Sites.V.at(layer), x -> v))
              .run(clean, Capture.matching(point -> true))
              .cache();
      own.addAll(heads(layer, cache));
      if (config.hasMlps()) {
        Input mlp = new Input(Input.Kind.MLP, layer, 0);
        NDArray read = read(mlp, kept, own, replaced);
        HookPoint at =
            config.block().parallel() ? Sites.RESID_PRE.at(layer) : Sites.RESID_MID.at(layer);
        own.add(
            model
                .with(Interventions.edit(at, x -> read))
                .run(clean, Capture.matching(point -> true))
                .cache()
                .get(Sites.MLP_OUT.at(layer)));
      }
    }
    Input logits = graph.inputs().get(graph.inputs().size() - 1);
    NDArray read = read(logits, kept, own, replaced);
    HookPoint end = Sites.RESID_POST.at(config.layers() - 1);
    return metric.perExample(model.with(Interventions.edit(end, x -> read)).run(clean));
  }

  private NDArray heads(
      Input.Kind kind,
      HookPoint point,
      IntToDoubleFunction kept,
      List<NDArray> own,
      List<NDArray> replaced) {
    int heads = kind == Input.Kind.QUERY ? config.heads() : config.kvHeads();
    NDList all = new NDList();
    for (int head = 0; head < heads; head++) {
      NDArray read = read(new Input(kind, point.layer(), head), kept, own, replaced);
      NDArray made =
          model
              .with(Interventions.edit(Sites.RESID_PRE.at(point.layer()), x -> read))
              .run(clean, Capture.at(point))
              .cache()
              .get(point);
      all.add(made.get(new NDIndex().addAllDim(2).addIndices(head)).expandDims(2));
    }
    return all.size() == 1
        ? all.get(0)
        : all.get(0).getNDArrayInternal().concat(all.subNDList(1), 2);
  }

  /** Returns the clean stream with every node's part in it exchanged for what its edge carries. */
  private NDArray read(
      Input input, IntToDoubleFunction kept, List<NDArray> own, List<NDArray> replaced) {
    int place = input.place(config);
    int layer = place / 2;
    HookPoint point =
        place == 2 * config.layers()
            ? Sites.RESID_POST.at(layer - 1)
            : place % 2 == 0 ? Sites.RESID_PRE.at(layer) : Sites.RESID_MID.at(layer);
    NDArray sum = base.get(point);
    int number = graph.number(input);
    for (int node = 0; node < graph.sources(number); node++) {
      double share = kept.applyAsDouble(graph.edge(node, number));
      NDArray carried = own.get(node).mul(share).add(replaced.get(node).mul(1 - share));
      sum = sum.add(carried).sub(cleanOutputs.get(node));
    }
    return sum;
  }

  /** Returns means over all positions, or at each position, of what nodes write. */
  public List<NDArray> means(boolean positional) {
    return outputs(corrupted).stream()
        .map(
            x ->
                (positional ? x : x.mean(new int[] {1}, true))
                    .mean(new int[] {0}, true)
                    .add(x.zerosLike()))
        .toList();
  }

  /** Returns zeros of the outputs' shapes. */
  public List<NDArray> zeros() {
    return outputs(corrupted).stream().map(NDArray::zerosLike).toList();
  }

  /** Returns what the nodes write on the corrupted prompts. */
  public List<NDArray> resampled() {
    return outputs(corrupted);
  }
}
