package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.K;
import static io.loupe.workbench.site.Sites.K_NORM;
import static io.loupe.workbench.site.Sites.MASK;
import static io.loupe.workbench.site.Sites.PATTERN;
import static io.loupe.workbench.site.Sites.Q;
import static io.loupe.workbench.site.Sites.Q_NORM;
import static io.loupe.workbench.site.Sites.RESULT;
import static io.loupe.workbench.site.Sites.ROT_K;
import static io.loupe.workbench.site.Sites.ROT_Q;
import static io.loupe.workbench.site.Sites.SCORES;
import static io.loupe.workbench.site.Sites.V;
import static io.loupe.workbench.site.Sites.Z;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with shared key/value heads, as a pipeline of hookable steps (Vaswani et al.
 * 2017; Ainslie et al. 2023).
 */
final class Attention implements Sublayer.Part {
  private final ModelConfig config;
  private final AttentionSpec spec;
  private final int layer;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final @Nullable Norm queryNorm;
  private final @Nullable Norm keyNorm;
  private final NDArray outByHead; // [head, d_head, d_model], a view of out

  Attention(ModelConfig config, int layer, Weights weights) {
    String at = "blocks." + layer + ".attn.";
    this.config = config;
    this.spec = config.attention().get(layer);
    this.layer = layer;
    this.query = weights.linear(at + "W_Q", at + "b_Q");
    this.key = weights.linear(at + "W_K", at + "b_K");
    this.value = weights.linear(at + "W_V", at + "b_V");
    this.out = weights.linear(at + "W_O", at + "b_O");
    boolean normed = spec.queryKeyNorm() != AttentionSpec.QueryKeyNorm.NONE;
    this.queryNorm = normed ? weights.norm(config.norm(), at + "q_norm") : null;
    this.keyNorm = normed ? weights.norm(config.norm(), at + "k_norm") : null;
    this.outByHead =
        out.weight().transpose().reshape(config.heads(), config.dHead(), config.dModel());
  }

  /** Maps the attention's input [batch, pos, d_model] to the sum of what its heads write. */
  @Override
  public NDArray apply(NDArray x, Pass pass) {
    return attend(x, x, pass.inputs(), pass);
  }

  /** Returns what the heads write at the last column: all columns are keys, one is a query. */
  @Override
  public NDArray applyToLast(NDArray x, Pass pass) {
    return attend(Sublayer.lastColumn(x), x, pass.inputs().lastColumn(), pass);
  }

  private NDArray attend(NDArray queries, NDArray keys, Inputs ofQueries, Pass pass) {
    Hooks hooks = pass.hooks();
    long columns = queries.getShape().get(1);
    NDArray z =
        Sublayer.lastColumns(hooks.given(Z.at(layer)), 1, columns); // [batch, pos, head, d_head]
    if (z == null) {
      StreamedAttention streamed = hooks.streamed(layer);
      z =
          streamed == null
              ? mixed(queries, keys, ofQueries, pass)
              : streamed.z(
                  queries(queries, ofQueries, hooks), keys(keys, pass), values(keys, pass));
    }
    return project(hooks.at(Z.at(layer), z), hooks); // [batch, pos, d_model]
  }

  private NDArray mixed(NDArray queries, NDArray keys, Inputs ofQueries, Pass pass) {
    Hooks hooks = pass.hooks();
    long columns = queries.getShape().get(1);
    NDArray pattern = Sublayer.lastColumns(hooks.given(PATTERN.at(layer)), 2, columns);
    if (pattern == null) {
      NDArray q = queries(queries, ofQueries, hooks);
      NDArray k = keys(keys, pass);
      NDArray scores = hooks.at(SCORES.at(layer), scores(q, k, ofQueries, hooks));
      pattern = weights(scores); // [batch, head, query, key]
    }
    NDArray v = values(keys, pass);
    return mix(hooks.at(PATTERN.at(layer), pattern), v);
  }

  private NDArray queries(NDArray x, Inputs inputs, Hooks hooks) {
    NDArray q = hooks.at(Q.at(layer), heads(query.apply(x), config.heads()));
    if (queryNorm != null) {
      q = hooks.at(Q_NORM.at(layer), normalised(q, queryNorm));
    }
    if (spec.positions() instanceof PositionSpec.Rotary rotary) {
      q = hooks.at(ROT_Q.at(layer), inputs.rotary(rotary).turn(q));
    }
    return q; // [batch, pos, head, d_head]
  }

  private NDArray keys(NDArray x, Pass pass) {
    Hooks hooks = pass.hooks();
    NDArray k = hooks.at(K.at(layer), heads(key.apply(x), config.kvHeads()));
    if (keyNorm != null) {
      k = hooks.at(K_NORM.at(layer), normalised(k, keyNorm));
    }
    if (spec.positions() instanceof PositionSpec.Rotary rotary) {
      k = hooks.at(ROT_K.at(layer), pass.inputs().rotary(rotary).turn(k));
    }
    return pass.past() == null ? k : pass.past().keys(layer, k); // [batch, pos, kv_head, d_head]
  }

  private NDArray values(NDArray x, Pass pass) {
    NDArray v = pass.hooks().at(V.at(layer), heads(value.apply(x), config.kvHeads()));
    return pass.past() == null ? v : pass.past().values(layer, v);
  }

  private static NDArray heads(NDArray flat, int heads) {
    Shape shape = flat.getShape();
    return flat.reshape(shape.get(0), shape.get(1), heads, shape.get(2) / heads);
  }

  private NDArray normalised(NDArray byHead, Norm norm) {
    if (spec.queryKeyNorm() == AttentionSpec.QueryKeyNorm.EACH_HEAD) {
      return norm.apply(byHead);
    }
    Shape shape = byHead.getShape();
    long width = shape.get(2) * shape.get(3);
    return norm.apply(byHead.reshape(shape.get(0), shape.get(1), width)).reshape(shape);
  }

  private NDArray scores(NDArray q, NDArray k, Inputs inputs, Hooks hooks) {
    NDArray scores = products(q, k);
    if (spec.softCap().isPresent()) {
      double cap = spec.softCap().getAsDouble();
      scores = scores.div(cap).tanh().mul(cap);
    }
    if (spec.positions() instanceof PositionSpec.Alibi) {
      scores.addi(inputs.alibi(config.heads()));
    }
    return scores.addi(mask(scores.getShape(), inputs, hooks));
  }

  private NDArray mask(Shape shape, Inputs inputs, Hooks hooks) {
    NDArray shared = inputs.mask(spec.mask()); // [batch or 1, 1, query, key]
    if (!hooks.wants(MASK.at(layer))) {
      return shared;
    }
    return hooks.at(MASK.at(layer), shared.broadcast(shape).duplicate()); // it may be kept
  }

  /**
   * The heads that share a key/value head are treated as further rows of one product: no key is
   * copied.
   */
  private NDArray products(NDArray q, NDArray k) {
    long batch = q.getShape().get(0);
    long queries = q.getShape().get(1);
    long keys = k.getShape().get(1);
    NDArray rows =
        grouped(
            q.mul(spec.scale()).transpose(0, 2, 1, 3)); // [batch, kv_head, group * query, d_head]
    return rows.matMul(k.transpose(0, 2, 3, 1)).reshape(batch, config.heads(), queries, keys);
  }

  private NDArray weights(NDArray scores) {
    if (spec.scoreMap() == AttentionSpec.ScoreMap.IDENTITY) {
      NDArray nothing = scores.getManager().zeros(new Shape(1), scores.getDataType());
      return Tensors.where(scores.eq(Double.NEGATIVE_INFINITY), nothing, scores);
    }
    return Tensors.as(scores.getDataType(), Tensors.wide(scores).softmax(-1));
  }

  private NDArray mix(NDArray pattern, NDArray v) {
    long batch = pattern.getShape().get(0);
    long queries = pattern.getShape().get(2);
    return grouped(pattern) // [batch, kv_head, group * query, key]
        .matMul(v.transpose(0, 2, 1, 3)) // [batch, kv_head, group * query, d_head]
        .reshape(batch, config.heads(), queries, config.dHead())
        .transpose(0, 2, 1, 3);
  }

  private NDArray grouped(NDArray byHead) {
    Shape shape = byHead.getShape(); // [batch, head, pos, ...]
    int group = config.heads() / config.kvHeads();
    return group == 1
        ? byHead
        : byHead.reshape(shape.get(0), config.kvHeads(), group * shape.get(2), shape.get(3));
  }

  private NDArray project(NDArray z, Hooks hooks) {
    long batch = z.getShape().get(0);
    long positions = z.getShape().get(1);
    if (!hooks.wants(RESULT.at(layer))) {
      return out.apply(z.reshape(batch, positions, (long) config.heads() * config.dHead()));
    }
    NDArray result = hooks.at(RESULT.at(layer), results(z)); // [batch, pos, head, d_model]
    NDArray sum = result.sum(new int[] {2});
    return out.bias() == null ? sum : sum.add(out.bias());
  }

  private NDArray results(NDArray z) {
    long batch = z.getShape().get(0);
    long positions = z.getShape().get(1);
    NDArray byHead =
        z.transpose(2, 0, 1, 3).reshape(config.heads(), batch * positions, config.dHead());
    return byHead
        .matMul(outByHead) // [head, batch * pos, d_model]
        .reshape(config.heads(), batch, positions, config.dModel())
        .transpose(1, 2, 0, 3);
  }
}
