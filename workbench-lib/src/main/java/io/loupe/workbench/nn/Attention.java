package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.ATTN_OUT;
import static io.loupe.workbench.site.Sites.K;
import static io.loupe.workbench.site.Sites.PATTERN;
import static io.loupe.workbench.site.Sites.Q;
import static io.loupe.workbench.site.Sites.RESULT;
import static io.loupe.workbench.site.Sites.ROT_K;
import static io.loupe.workbench.site.Sites.ROT_Q;
import static io.loupe.workbench.site.Sites.SCORES;
import static io.loupe.workbench.site.Sites.V;
import static io.loupe.workbench.site.Sites.Z;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with shared key/value heads, as a pipeline of hookable steps (Vaswani et al.
 * 2017; Ainslie et al. 2023).
 */
final class Attention {
  private final ModelConfig config;
  private final int layer;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final NDArray outByHead; // [head, d_head, d_model], a view of out

  Attention(ModelConfig config, int layer, Linear query, Linear key, Linear value, Linear out) {
    this.config = config;
    this.layer = layer;
    this.query = query;
    this.key = key;
    this.value = value;
    this.out = out;
    this.outByHead =
        out.weight().transpose().reshape(config.heads(), config.dHead(), config.dModel());
  }

  /** Maps the normalised residual stream [batch, pos, d_model] to what the attention adds to it. */
  NDArray apply(NDArray x, NDArray mask, @Nullable Rotary rotary, Hooks hooks) {
    NDArray q =
        hooks.at(Q.at(layer), heads(query.apply(x), config.heads())); // [batch, pos, head, d_head]
    NDArray k =
        hooks.at(
            K.at(layer), heads(key.apply(x), config.kvHeads())); // [batch, pos, kv_head, d_head]
    NDArray v = hooks.at(V.at(layer), heads(value.apply(x), config.kvHeads()));
    if (rotary != null) {
      q = hooks.at(ROT_Q.at(layer), rotary.turn(q));
      k = hooks.at(ROT_K.at(layer), rotary.turn(k));
    }
    NDArray scores =
        hooks.at(SCORES.at(layer), scores(q, k).addi(mask)); // [batch, head, query, key]
    NDArray pattern = hooks.at(PATTERN.at(layer), scores.softmax(-1));
    NDArray z = hooks.at(Z.at(layer), mix(pattern, v)); // [batch, pos, head, d_head]
    return hooks.at(ATTN_OUT.at(layer), project(z, hooks)); // [batch, pos, d_model]
  }

  private static NDArray heads(NDArray flat, int heads) {
    Shape shape = flat.getShape();
    return flat.reshape(shape.get(0), shape.get(1), heads, shape.get(2) / heads);
  }

  /**
   * The heads that share a key/value head are treated as further rows of one product: no key is
   * copied.
   */
  private NDArray scores(NDArray q, NDArray k) {
    long batch = q.getShape().get(0);
    long queries = q.getShape().get(1);
    long keys = k.getShape().get(1);
    NDArray rows =
        grouped(
            q.mul(config.attentionScale())
                .transpose(0, 2, 1, 3)); // [batch, kv_head, group * query, d_head]
    return rows.matMul(k.transpose(0, 2, 3, 1)).reshape(batch, config.heads(), queries, keys);
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
