package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.ATTN_OUT;
import static io.loupe.workbench.site.Sites.EMBED;
import static io.loupe.workbench.site.Sites.LN1;
import static io.loupe.workbench.site.Sites.LN1_POST_SCALE;
import static io.loupe.workbench.site.Sites.LN1_SCALE;
import static io.loupe.workbench.site.Sites.LN2;
import static io.loupe.workbench.site.Sites.LN2_POST_SCALE;
import static io.loupe.workbench.site.Sites.LN2_SCALE;
import static io.loupe.workbench.site.Sites.LN_FINAL;
import static io.loupe.workbench.site.Sites.LN_FINAL_SCALE;
import static io.loupe.workbench.site.Sites.LOGITS;
import static io.loupe.workbench.site.Sites.MLP_OUT;
import static io.loupe.workbench.site.Sites.POS_EMBED;
import static io.loupe.workbench.site.Sites.TOKEN_TYPE_EMBED;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A transformer: embed, blocks, final norm, unembed. It has no state; what happens at each step is
 * the hooks' business.
 */
public final class Transformer {
  private final ModelConfig config;
  private final NDArray tokenEmbedding; // [vocab, d_model]
  private final @Nullable NDArray positionEmbedding; // [context, d_model]
  private final @Nullable NDArray typeEmbedding; // [types, d_model]
  private final @Nullable Norm embeddingNorm;
  private final List<Block> blocks = new ArrayList<>();
  private final @Nullable Linear headTransform;
  private final @Nullable Norm finalNorm;
  private final Linear unembedding;

  /** Assembles the parts; the weights are used in place. */
  public Transformer(ModelConfig config, Weights weights) {
    this.config = config;
    EmbeddingSpec embedding = config.embedding();
    this.tokenEmbedding = weights.get("embed.W_E");
    this.positionEmbedding = embedding.learnedPositions() ? weights.get("pos_embed.W_pos") : null;
    this.typeEmbedding = embedding.tokenTypes() ? weights.get("token_type_embed.W_types") : null;
    this.embeddingNorm = embedding.normed() ? weights.norm(config.norm(), "embed_ln") : null;
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(block(config, weights, layer));
    }
    this.headTransform =
        config.head().transform().isPresent() ? weights.linear("head.W", "head.b") : null;
    this.finalNorm = config.head().normed() ? weights.norm(config.norm(), "ln_final") : null;
    this.unembedding = weights.linear("unembed.W_U", "unembed.b_U");
  }

  /**
   * Runs the model on a batch of tokens.
   *
   * @param manager owns the result, and everything on the way until its layer is done
   * @return the logits, [batch, pos, vocab]
   * @throws CancellationException if the thread is interrupted; it stays so
   */
  public NDArray forward(Tokens tokens, NDManager manager, Hooks hooks) {
    Pass pass = new Pass(new Inputs(tokens, 0, manager, type()), null, hooks);
    return forward(0, embed(pass), pass, false, manager);
  }

  /**
   * Runs the layers on a batch of tokens and leaves out the logits, which for a long text are
   * larger than all else.
   *
   * @return the residual stream behind the last layer, [batch, pos, d_model]
   */
  public NDArray stream(Tokens tokens, NDManager manager, Hooks hooks) {
    Pass pass = new Pass(new Inputs(tokens, 0, manager, type()), null, hooks);
    return throughLayers(0, embed(pass), pass, false, manager);
  }

  /**
   * Runs the first layers on a batch of tokens: what is needed to see their activations.
   *
   * @param layers how many, from 0 for the embedding alone to all
   * @return the residual stream behind the last of them, [batch, pos, d_model]
   */
  public NDArray stream(Tokens tokens, int layers, NDManager manager, Hooks hooks) {
    Pass pass = new Pass(new Inputs(tokens, 0, manager, type()), null, hooks);
    return throughLayers(blocks.subList(0, layers), embed(pass), pass, false, manager);
  }

  /**
   * Runs the model on the columns of a batch that a cache has not seen, and leaves their keys and
   * values in it. The model must be causal.
   *
   * @param tokens all columns, those that the cache has seen first
   * @return the logits of the new columns, [batch, new pos, vocab]
   */
  public NDArray forward(Tokens tokens, KeyValueCache cache, NDManager manager, Hooks hooks) {
    Pass pass = new Pass(new Inputs(tokens, cache.length(), manager, type()), cache, hooks);
    return forward(0, embed(pass), pass, false, manager);
  }

  /**
   * Runs the model from a layer and a column on: what a sweep does whose patches leave earlier
   * layers and, in a causal model, earlier columns as they were.
   *
   * @param layer the first layer to run; the number of layers to decode only
   * @param residual the stream before it, from the first computed column on, [copies * batch, pos,
   *     d_model]; left alone
   * @param tokens all columns of all copies
   * @param base keys and values of a run on the batch, of which the columns before the first
   *     computed one are read; null if there are none
   * @param copies how many copies of the batch are stacked
   * @param lastOnly whether only the last column's logits are wanted
   * @return the logits of the computed columns, or of the last, [copies * batch, pos or 1, vocab]
   */
  public NDArray resume(
      int layer,
      NDArray residual,
      Tokens tokens,
      @Nullable KeyValueCache base,
      int copies,
      boolean lastOnly,
      NDManager manager,
      Hooks hooks) {
    int from = tokens.length() - (int) residual.getShape().get(1);
    Past past = base == null || from == 0 ? null : base.prefix(from, copies);
    Pass pass = new Pass(new Inputs(tokens, from, manager, type()), past, hooks);
    return forward(layer, residual.stopGradient(), pass, lastOnly, manager);
  }

  /**
   * Tells whether the rotary embedding turns every position of a text of one length as it does in a
   * text of another; if not, keys of the shorter text are of no use in the longer one.
   */
  public boolean sameAngles(int length, int other) {
    return config.attention().stream()
        .map(AttentionSpec::positions)
        .distinct()
        .filter(PositionSpec.Rotary.class::isInstance)
        .map(PositionSpec.Rotary.class::cast)
        .allMatch(r -> Arrays.equals(frequencies(r, length), frequencies(r, other)));
  }

  private static double[] frequencies(PositionSpec.Rotary rotary, int length) {
    return rotary.scaling().frequencies(rotary.dimensions(), rotary.base(), length);
  }

  /**
   * Applies what stands between the last layer and the logits (final norm, unembedding, ...) to a
   * residual stream, [..., d_model] to [..., vocab]; the result belongs to its manager.
   */
  public NDArray decode(NDArray residual) {
    return unembed(residual, Hooks.NONE);
  }

  private NDArray forward(
      int from, NDArray residual, Pass pass, boolean lastOnly, NDManager manager) {
    NDArray x = throughLayers(from, residual, pass, lastOnly, manager);
    return unembed(lastOnly ? Sublayer.lastColumn(x) : x, pass.hooks());
  }

  private NDArray throughLayers(
      int from, NDArray residual, Pass pass, boolean lastOnly, NDManager manager) {
    return throughLayers(blocks.subList(from, blocks.size()), residual, pass, lastOnly, manager);
  }

  private NDArray throughLayers(
      List<Block> through, NDArray residual, Pass pass, boolean lastOnly, NDManager manager) {
    NDArray x = residual; // [batch, pos, d_model]
    for (Block block : through) {
      stopIfInterrupted();
      boolean last = lastOnly && block.layer() == blocks.size() - 1;
      try (NDManager scope = manager.newSubManager()) {
        x.attach(scope);
        x = last ? block.applyToLast(x, pass) : block.apply(x, pass);
        x.attach(manager);
      }
    }
    return x;
  }

  /** A notebook's interrupt ends a sweep of many runs at the next layer. */
  private static void stopIfInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("the thread was interrupted during a forward pass");
    }
  }

  private NDArray unembed(NDArray x, Hooks hooks) {
    if (headTransform != null) {
      Activation activation = config.head().transform().orElseThrow();
      x = activation.apply(headTransform.apply(x), hooks.differentiable());
    }
    if (finalNorm != null) {
      x = hooks.at(LN_FINAL.here(), finalNorm.apply(x, LN_FINAL_SCALE.here(), hooks));
    }
    NDArray logits = unembedding.apply(x); // [batch, pos, vocab]
    if (config.head().softCap().isPresent()) {
      double cap = config.head().softCap().getAsDouble();
      logits = logits.div(cap).tanh().mul(cap);
    }
    return hooks.at(LOGITS, logits);
  }

  private DataType type() {
    return tokenEmbedding.getDataType();
  }

  private NDArray embed(Pass pass) {
    Hooks hooks = pass.hooks();
    NDArray embedded = lookUp(tokenEmbedding, pass.inputs().ids());
    double scale = config.embedding().scale();
    NDArray x = hooks.at(EMBED, scale == 1 ? embedded : embedded.mul(scale));
    if (positionEmbedding != null) {
      x = x.add(hooks.at(POS_EMBED, lookUp(positionEmbedding, pass.inputs().positions())));
    }
    if (typeEmbedding != null) {
      NDArray first = pass.inputs().positions().zerosLike();
      x = x.add(hooks.at(TOKEN_TYPE_EMBED, lookUp(typeEmbedding, first)));
    }
    return embeddingNorm == null ? x : embeddingNorm.apply(x);
  }

  private static NDArray lookUp(NDArray table, NDArray indices) {
    return indices
        .getNDArrayInternal()
        .embedding(indices, table, SparseFormat.DENSE)
        .singletonOrThrow();
  }

  private static Block block(ModelConfig config, Weights weights, int layer) {
    Sublayer.Points atAttention =
        new Sublayer.Points(
            LN1_SCALE.at(layer), LN1.at(layer), LN1_POST_SCALE.at(layer), ATTN_OUT.at(layer));
    Sublayer.Points atMlp =
        new Sublayer.Points(
            LN2_SCALE.at(layer), LN2.at(layer), LN2_POST_SCALE.at(layer), MLP_OUT.at(layer));
    return new Block(
        layer,
        config.block().parallel(),
        sublayer(config, weights, layer, "ln1", new Attention(config, layer, weights), atAttention),
        config.hasMlps()
            ? sublayer(config, weights, layer, "ln2", Mlp.of(config, layer, weights), atMlp)
            : null);
  }

  private static Sublayer sublayer(
      ModelConfig config,
      Weights weights,
      int layer,
      String norm,
      Sublayer.Part part,
      Sublayer.Points points) {
    BlockSpec.Norms norms = config.block().norms();
    String at = "blocks." + layer + "." + norm;
    Norm before = norms.readsNormalised() ? weights.norm(config.norm(), at) : null;
    Norm behind = norms.hasBehind() ? weights.norm(config.norm(), at + "_post") : null;
    return new Sublayer(norms, before, part, behind, points);
  }
}
