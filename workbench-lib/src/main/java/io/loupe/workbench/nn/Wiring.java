package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.BlockSpec.Norms;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The single steps between the residual stream and what reads from it and writes to it, taken by
 * themselves: what a head's query, key or value or an MLP makes of a stream that never was, what an
 * attention adds when some of its heads change, and how a gradient at such an input goes back to
 * the stream. It is what following single paths through a model needs, where a whole pass does too
 * much. No hooks are called.
 *
 * <p>Streams are [batch, pos, d_model], before any norm; the batch may hold many copies. Results
 * belong to the manager of the stream or gradient that was given.
 */
public final class Wiring {
  private final ModelConfig config;
  private final List<Layer> layers = new ArrayList<>();

  /** What of a layer a stream meets; a norm that the layer has not is null. */
  private record Layer(
      @Nullable Norm beforeAttention,
      Linear query,
      Linear key,
      Linear value,
      Linear out,
      @Nullable Norm behindAttention,
      @Nullable Norm beforeMlp,
      @Nullable Mlp mlp,
      @Nullable Norm behindMlp) {}

  /** Uses the weights in place. */
  public Wiring(ModelConfig config, Weights weights) {
    this.config = config;
    Norms norms = config.block().norms();
    boolean mlps = config.hasMlps();
    for (int layer = 0; layer < config.layers(); layer++) {
      String at = "blocks." + layer + ".";
      boolean before = norms.readsNormalised();
      boolean behind = norms.hasBehind();
      layers.add(
          new Layer(
              before ? weights.norm(config.norm(), at + "ln1") : null,
              weights.linear(at + "attn.W_Q", at + "attn.b_Q"),
              weights.linear(at + "attn.W_K", at + "attn.b_K"),
              weights.linear(at + "attn.W_V", at + "attn.b_V"),
              weights.linear(at + "attn.W_O", at + "attn.b_O"),
              behind ? weights.norm(config.norm(), at + "ln1_post") : null,
              mlps && before ? weights.norm(config.norm(), at + "ln2") : null,
              mlps ? Mlp.of(config, layer, weights) : null,
              mlps && behind ? weights.norm(config.norm(), at + "ln2_post") : null));
    }
  }

  /** Returns one head's queries, as at the site {@code Q}, [batch, pos, d_head]. */
  public NDArray query(int layer, int head, NDArray stream) {
    return project(layers.get(layer).query(), head, layer, stream);
  }

  /** Returns one key/value head's keys, as at the site {@code K}, [batch, pos, d_head]. */
  public NDArray key(int layer, int kvHead, NDArray stream) {
    return project(layers.get(layer).key(), kvHead, layer, stream);
  }

  /** Returns one key/value head's values, as at the site {@code V}, [batch, pos, d_head]. */
  public NDArray value(int layer, int kvHead, NDArray stream) {
    return project(layers.get(layer).value(), kvHead, layer, stream);
  }

  private NDArray project(Linear all, int head, int layer, NDArray stream) {
    return rows(all, head, stream).apply(normed(layers.get(layer).beforeAttention(), stream));
  }

  /**
   * Returns the queries of several heads, each of which reads a stream of its own.
   *
   * @param heads query heads, one for each stream
   * @param streams [head, batch, pos, d_model]
   * @return [head, batch, pos, d_head]
   */
  public NDArray queries(int layer, int[] heads, NDArray streams) {
    return project(layers.get(layer).query(), heads, layer, streams);
  }

  /** As {@link #queries(int, int[], NDArray)}, the keys of key/value heads. */
  public NDArray keys(int layer, int[] kvHeads, NDArray streams) {
    return project(layers.get(layer).key(), kvHeads, layer, streams);
  }

  /** As {@link #queries(int, int[], NDArray)}, the values of key/value heads. */
  public NDArray values(int layer, int[] kvHeads, NDArray streams) {
    return project(layers.get(layer).value(), kvHeads, layer, streams);
  }

  private NDArray project(Linear all, int[] heads, int layer, NDArray streams) {
    NDManager manager = streams.getManager();
    Shape shape = streams.getShape();
    try (NDManager scope = manager.newSubManager()) {
      NDArray read = normed(layers.get(layer).beforeAttention(), scoped(streams, scope));
      NDArray flat = read.reshape(heads.length, shape.get(1) * shape.get(2), config.dModel());
      NDArray made = flat.matMul(byHead(all.weight(), heads, scope).transpose(0, 2, 1));
      NDArray bias = all.bias();
      if (bias != null) {
        made.addi(byHead(bias, heads, scope).expandDims(1));
      }
      NDArray result = made.reshape(heads.length, shape.get(1), shape.get(2), config.dHead());
      result.attach(manager);
      return result;
    }
  }

  /**
   * Returns how each head's mixed values become what it adds to the stream. A norm behind the
   * attention takes part with its weight and its centring; what it divides by depends on all heads
   * together and is left to the caller, who divides the mixed values by it (site {@code
   * LN1_POST_SCALE}).
   *
   * @return [head, d_head, d_model] in this manager; a view of the weights where there is no such
   *     norm
   */
  public NDArray headOutputs(int layer, NDManager manager) {
    Layer at = layers.get(layer);
    NDArray out = at.out().weight().transpose(); // [head * d_head, d_model]
    out.attach(manager);
    Norm behind = behindAdded(at.behindAttention());
    if (behind != null) {
      out = behind.linear(out);
      out.attach(manager);
    }
    NDArray byHead = out.reshape(config.heads(), config.dHead(), config.dModel());
    byHead.attach(manager);
    return byHead;
  }

  /**
   * Returns what an attention adds to the stream beside what its heads write, [d_model]; null for
   * nothing. Where a norm stands behind the attention, that is the norm's bias, and there must be
   * no bias before it.
   */
  public @Nullable NDArray attentionBias(int layer) {
    Layer at = layers.get(layer);
    Norm behind = behindAdded(at.behindAttention());
    return behind == null ? at.out().bias() : behind.bias();
  }

  /** Returns what the MLP adds to the stream that it reads, [batch, pos, d_model]. */
  public NDArray mlp(int layer, NDArray stream) {
    Layer at = layers.get(layer);
    Mlp mlp = requireMlp(at);
    NDArray out = mlp.out().apply(mlp.neurons(normed(at.beforeMlp(), stream), Hooks.NONE));
    return normed(behindAdded(at.behindMlp()), out);
  }

  /**
   * Returns by how much what the attention adds changes if some of its heads mix other values. A
   * norm behind the attention sees them together with the other heads, which stay as they are.
   *
   * @param heads which heads change
   * @param before the mixed values of all heads (site {@code Z}), [batch, pos, head, d_head]
   * @param after the mixed values of which these heads' are taken
   * @param added what the attention adds before the change (site {@code ATTN_OUT})
   * @return [batch, pos, d_model]
   */
  public NDArray attentionChange(
      int layer, List<Integer> heads, NDArray before, NDArray after, NDArray added) {
    Layer at = layers.get(layer);
    Norm behind = behindAdded(at.behindAttention());
    long batch = before.getShape().get(0);
    long columns = before.getShape().get(1);
    if (behind == null) {
      NDArray sum = null;
      for (int head : heads) {
        NDArray change = head(after, head).sub(head(before, head)); // [batch, pos, d_head]
        NDArray written = new Linear(columnsOf(at.out(), head, before), null).apply(change);
        sum = sum == null ? written : sum.addi(written);
      }
      return sum == null ? added.zerosLike() : sum;
    }
    NDArray mixed = before.duplicate();
    for (int head : heads) {
      mixed.set(headIndex(head), head(after, head));
    }
    NDArray flat = mixed.reshape(batch, columns, (long) config.heads() * config.dHead());
    return behind.apply(at.out().apply(flat)).sub(added);
  }

  /**
   * Returns the stream after the attention has added to it; in a parallel block, not yet the MLP.
   */
  public NDArray afterAttention(int layer, NDArray stream, NDArray added) {
    Layer at = layers.get(layer);
    return after(at.beforeAttention(), at.behindAttention(), stream, added);
  }

  /** Returns the stream after the MLP has added to it. */
  public NDArray afterMlp(int layer, NDArray stream, NDArray added) {
    Layer at = layers.get(layer);
    return after(at.beforeMlp(), at.behindMlp(), stream, added);
  }

  private NDArray after(
      @Nullable Norm before, @Nullable Norm behind, NDArray stream, NDArray added) {
    return switch (config.block().norms()) {
      case BEFORE, AROUND, BEHIND, NONE -> stream.add(added);
      case ON_STREAM -> normed(behind, stream.add(added));
      case ON_STREAM_BEFORE -> normed(before, stream).add(added);
    };
  }

  /**
   * Takes a gradient at one head's queries back to the stream that it reads, through the norm
   * before the attention, whose scale is differentiated too.
   *
   * @param stream what the head reads
   * @param gradient at these queries, [batch, pos, d_head]
   * @return [batch, pos, d_model]
   */
  public NDArray queryGradient(int layer, int head, NDArray stream, NDArray gradient) {
    return back(layers.get(layer).query(), layer, head, stream, gradient);
  }

  /** As {@link #queryGradient}, from one key/value head's keys. */
  public NDArray keyGradient(int layer, int kvHead, NDArray stream, NDArray gradient) {
    return back(layers.get(layer).key(), layer, kvHead, stream, gradient);
  }

  /** As {@link #queryGradient}, from one key/value head's values. */
  public NDArray valueGradient(int layer, int kvHead, NDArray stream, NDArray gradient) {
    return back(layers.get(layer).value(), layer, kvHead, stream, gradient);
  }

  private NDArray back(Linear all, int layer, int head, NDArray stream, NDArray gradient) {
    NDArray read = gradient.matMul(rows(all, head, gradient).weight());
    return through(layers.get(layer).beforeAttention(), stream, read);
  }

  /**
   * Takes the gradients at the queries of all heads back to the stream that they read, for each
   * head apart; see {@link #queryGradient}.
   *
   * @param stream what the heads read, [batch, pos, d_model]
   * @param gradients at their queries, [batch, pos, head, d_head]
   * @return [head, batch, pos, d_model]
   */
  public NDArray queryGradients(int layer, NDArray stream, NDArray gradients) {
    return back(layers.get(layer).query(), layer, stream, gradients);
  }

  /** As {@link #queryGradients}, from the keys of all key/value heads. */
  public NDArray keyGradients(int layer, NDArray stream, NDArray gradients) {
    return back(layers.get(layer).key(), layer, stream, gradients);
  }

  /** As {@link #queryGradients}, from the values of all key/value heads. */
  public NDArray valueGradients(int layer, NDArray stream, NDArray gradients) {
    return back(layers.get(layer).value(), layer, stream, gradients);
  }

  /**
   * The norm is folded into the weights, so that of the many gradients as wide as the stream each
   * is touched twice only: once by the product, once by what the norm's scale gives back.
   */
  private NDArray back(Linear all, int layer, NDArray stream, NDArray gradients) {
    NDManager manager = gradients.getManager();
    Shape shape = gradients.getShape();
    long tokens = shape.get(0) * shape.get(1);
    long heads = shape.get(2);
    Norm norm = layers.get(layer).beforeAttention();
    try (NDManager scope = manager.newSubManager()) {
      NDArray weight = all.weight().reshape(heads, config.dHead(), config.dModel());
      weight.attach(scope);
      NDArray at =
          scoped(gradients, scope).reshape(tokens, heads, config.dHead()).transpose(1, 0, 2);
      NDArray back; // [head, token, d_model]
      if (norm == null) {
        back = at.matMul(weight);
      } else {
        NDArray read = scoped(stream, scope).reshape(tokens, config.dModel());
        back = norm.back(read, weight, at);
      }
      NDArray result = back.reshape(heads, shape.get(0), shape.get(1), config.dModel());
      result.attach(manager);
      return result;
    }
  }

  /**
   * Takes a gradient at an MLP's neurons back to the stream that it reads.
   *
   * @param pre at the neurons before the non-linearity (site {@code MLP_PRE}), [batch, pos, d_mlp]
   * @param linear at the linear branch (site {@code MLP_PRE_LINEAR}); null if the MLP is not gated
   * @return [batch, pos, d_model]
   */
  public NDArray mlpGradient(int layer, NDArray stream, NDArray pre, @Nullable NDArray linear) {
    Layer at = layers.get(layer);
    Mlp mlp = requireMlp(at);
    Linear gate = mlp.gate();
    NDArray read = pre.matMul((gate == null ? mlp.in() : gate).weight());
    if (linear != null) {
      read = read.add(linear.matMul(mlp.in().weight()));
    }
    return through(at.beforeMlp(), stream, read);
  }

  private static Mlp requireMlp(Layer layer) {
    Mlp mlp = layer.mlp();
    if (mlp == null) {
      throw new IllegalArgumentException("The layers of this model are attention alone: no MLP");
    }
    return mlp;
  }

  private static NDArray through(@Nullable Norm norm, NDArray stream, NDArray gradient) {
    return norm == null ? gradient : norm.back(stream, gradient);
  }

  private static NDArray normed(@Nullable Norm norm, NDArray x) {
    return norm == null ? x : norm.apply(x);
  }

  /** Returns the norm behind a part where it stands on what the part adds. */
  private @Nullable Norm behindAdded(@Nullable Norm behind) {
    return config.block().norms() == Norms.ON_STREAM ? null : behind;
  }

  /** Returns the rows of some heads, [head, d_head, ...]; a view if they are all in order. */
  private NDArray byHead(NDArray rows, int[] heads, NDManager scope) {
    long all = rows.getShape().get(0) / config.dHead();
    NDArray byHead =
        rows.getShape().dimension() == 1
            ? rows.reshape(all, config.dHead())
            : rows.reshape(all, config.dHead(), config.dModel());
    byHead.attach(scope);
    boolean inOrder = heads.length == all;
    for (int i = 0; i < heads.length && inOrder; i++) {
      inOrder = heads[i] == i;
    }
    if (inOrder) {
      return byHead;
    }
    NDArray picked = byHead.get(scope.create(Arrays.stream(heads).asLongStream().toArray()));
    picked.attach(scope);
    return picked;
  }

  private static NDArray scoped(NDArray array, NDManager scope) {
    NDArray handle = array.reshape(array.getShape());
    handle.attach(scope);
    return handle;
  }

  /** Returns one head's rows of a projection, in the manager of another array. */
  private Linear rows(Linear all, int head, NDArray owner) {
    int from = head * config.dHead();
    NDIndex rows = new NDIndex().addSliceDim(from, from + config.dHead());
    NDArray weight = all.weight().get(rows);
    weight.attach(owner.getManager());
    NDArray bias = all.bias();
    if (bias != null) {
      bias = bias.get(rows);
      bias.attach(owner.getManager());
    }
    return new Linear(weight, bias);
  }

  private NDArray columnsOf(Linear out, int head, NDArray owner) {
    int from = head * config.dHead();
    NDArray columns =
        out.weight().get(new NDIndex().addAllDim().addSliceDim(from, from + config.dHead()));
    columns.attach(owner.getManager());
    return columns;
  }

  private static NDArray head(NDArray byHead, int head) {
    return byHead.get(headIndex(head));
  }

  private static NDIndex headIndex(int head) {
    return new NDIndex().addAllDim(2).addIndices(head);
  }
}
