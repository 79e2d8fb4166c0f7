package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.EMBED;
import static io.loupe.workbench.site.Sites.LN_FINAL;
import static io.loupe.workbench.site.Sites.LN_FINAL_SCALE;
import static io.loupe.workbench.site.Sites.LOGITS;
import static io.loupe.workbench.site.Sites.POS_EMBED;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only transformer: embed, blocks, final norm, unembed. It has no state; what happens at
 * each step is the hooks' business.
 */
public final class Transformer {
  private final ModelConfig config;
  private final NDArray tokenEmbedding; // [vocab, d_model]
  private final @Nullable NDArray positionEmbedding; // [context, d_model]
  private final List<Block> blocks = new ArrayList<>();
  private final Norm finalNorm;
  private final Linear unembedding;

  /** Assembles the parts; the weights are used in place. */
  public Transformer(ModelConfig config, Weights weights) {
    this.config = config;
    this.tokenEmbedding = weights.get("embed.W_E");
    this.positionEmbedding = weights.orNull("pos_embed.W_pos");
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(block(config, weights, layer));
    }
    this.finalNorm = weights.norm(config.norm(), "ln_final");
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
    Inputs inputs = inputs(tokens, manager);
    return forward(0, embed(inputs, hooks), inputs, manager, hooks);
  }

  /**
   * Runs the model from a layer on, given the residual stream before it.
   *
   * @param layer the first layer to run
   * @param residual [batch, pos, d_model]; left alone
   * @param tokens what the residual stream was computed from: they say where padding is
   * @return the logits, [batch, pos, vocab]
   */
  public NDArray forwardFrom(
      int layer, NDArray residual, Tokens tokens, NDManager manager, Hooks hooks) {
    NDArray x = residual.stopGradient();
    return forward(layer, x, inputs(tokens, manager), manager, hooks);
  }

  /**
   * Applies the final norm and the unembedding to a residual stream, [..., d_model] to [...,
   * vocab]; the result belongs to its manager.
   */
  public NDArray decode(NDArray residual) {
    return unembed(residual, Hooks.NONE);
  }

  private NDArray forward(
      int from, NDArray residual, Inputs inputs, NDManager manager, Hooks hooks) {
    Rotary rotary = Rotary.of(config.positions(), inputs.positions(), type());
    NDArray x = residual; // [batch, pos, d_model]
    for (Block block : blocks.subList(from, blocks.size())) {
      stopIfInterrupted();
      try (NDManager scope = manager.newSubManager()) {
        x.attach(scope);
        x = block.apply(x, inputs.mask(), rotary, hooks);
        x.attach(manager);
      }
    }
    return unembed(x, hooks);
  }

  /** A notebook's interrupt ends a sweep of many runs at the next layer. */
  private static void stopIfInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("the thread was interrupted during a forward pass");
    }
  }

  private NDArray unembed(NDArray x, Hooks hooks) {
    NDArray normalised = finalNorm.apply(x, LN_FINAL_SCALE.here(), LN_FINAL.here(), hooks);
    return hooks.at(LOGITS, unembedding.apply(normalised)); // [batch, pos, vocab]
  }

  private Inputs inputs(Tokens tokens, NDManager manager) {
    return Inputs.of(tokens, MaskRule.CAUSAL, manager, type());
  }

  private DataType type() {
    return tokenEmbedding.getDataType();
  }

  private NDArray embed(Inputs inputs, Hooks hooks) {
    NDArray x = hooks.at(EMBED, lookUp(tokenEmbedding, inputs.ids()));
    if (positionEmbedding == null) {
      return x;
    }
    return x.add(hooks.at(POS_EMBED, lookUp(positionEmbedding, inputs.positions())));
  }

  private static NDArray lookUp(NDArray table, NDArray indices) {
    return indices
        .getNDArrayInternal()
        .embedding(indices, table, SparseFormat.DENSE)
        .singletonOrThrow();
  }

  private static Block block(ModelConfig config, Weights weights, int layer) {
    String at = "blocks." + layer + ".";
    Attention attention =
        new Attention(
            config,
            layer,
            weights.linear(at + "attn.W_Q", at + "attn.b_Q"),
            weights.linear(at + "attn.W_K", at + "attn.b_K"),
            weights.linear(at + "attn.W_V", at + "attn.b_V"),
            weights.linear(at + "attn.W_O", at + "attn.b_O"));
    Mlp mlp =
        new Mlp(
            config.mlp().activation(),
            layer,
            weights.linear(at + "mlp.W_in", at + "mlp.b_in"),
            config.mlp().gated() ? weights.linear(at + "mlp.W_gate", at + "mlp.b_gate") : null,
            weights.linear(at + "mlp.W_out", at + "mlp.b_out"));
    return new Block(
        layer,
        weights.norm(config.norm(), at + "ln1"),
        attention,
        weights.norm(config.norm(), at + "ln2"),
        mlp);
  }
}
