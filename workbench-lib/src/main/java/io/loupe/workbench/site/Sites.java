package io.loupe.workbench.site;

import static io.loupe.workbench.site.Axis.BATCH;
import static io.loupe.workbench.site.Axis.D_HEAD;
import static io.loupe.workbench.site.Axis.D_MLP;
import static io.loupe.workbench.site.Axis.D_MODEL;
import static io.loupe.workbench.site.Axis.D_VOCAB;
import static io.loupe.workbench.site.Axis.HEAD;
import static io.loupe.workbench.site.Axis.KEY_POS;
import static io.loupe.workbench.site.Axis.KV_HEAD;
import static io.loupe.workbench.site.Axis.ONE;
import static io.loupe.workbench.site.Axis.POS;
import static io.loupe.workbench.site.Axis.QUERY_POS;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The standard sites of a transformer block, in the order in which the forward pass reaches them.
 * The names and meanings are TransformerLens's, so a reader of its notebooks finds every activation
 * under the name it has there.
 */
public final class Sites {
  /** Token embeddings. */
  public static final Site EMBED =
      Site.perModel("hook_embed", "token embeddings", BATCH, POS, D_MODEL);

  /**
   * Position embeddings, where the model learns them; the batch dimension is 1 unless rows are
   * padded.
   */
  public static final Site POS_EMBED =
      Site.perModel("hook_pos_embed", "learned position embeddings", BATCH, POS, D_MODEL);

  /**
   * Token-type (segment) embeddings, where the model has them; the batch dimension is 1 unless rows
   * are padded.
   */
  public static final Site TOKEN_TYPE_EMBED =
      Site.perModel("hook_token_type_embed", "token-type embeddings", BATCH, POS, D_MODEL);

  /** The residual stream before the layer. */
  public static final Site RESID_PRE =
      Site.perLayer("hook_resid_pre", "residual stream before the layer", BATCH, POS, D_MODEL);

  /** What the first norm divides by. */
  public static final Site LN1_SCALE =
      Site.perLayer("ln1.hook_scale", "what the attention's norm divides by", BATCH, POS, ONE)
          .computedOnDemand();

  /**
   * The input of the attention: the normalised residual stream, with the norm's weight and bias
   * applied.
   */
  public static final Site LN1 =
      Site.perLayer("ln1.hook_normalized", "input of the attention", BATCH, POS, D_MODEL);

  /** Queries, before their norm and the rotary embedding. */
  public static final Site Q = Site.perLayer("attn.hook_q", "queries", BATCH, POS, HEAD, D_HEAD);

  /** Keys, before their norm and the rotary embedding. */
  public static final Site K = Site.perLayer("attn.hook_k", "keys", BATCH, POS, KV_HEAD, D_HEAD);

  /** Values. */
  public static final Site V = Site.perLayer("attn.hook_v", "values", BATCH, POS, KV_HEAD, D_HEAD);

  /** Queries after their norm and before the rotary embedding, where the model normalises them. */
  public static final Site Q_NORM =
      Site.perLayer("attn.q_norm.hook_normalized", "normalised queries", BATCH, POS, HEAD, D_HEAD);

  /** Keys after their norm and before the rotary embedding, where the model normalises them. */
  public static final Site K_NORM =
      Site.perLayer("attn.k_norm.hook_normalized", "normalised keys", BATCH, POS, KV_HEAD, D_HEAD);

  /** Queries after the rotary embedding, where the model has one. */
  public static final Site ROT_Q =
      Site.perLayer(
          "attn.hook_rot_q", "queries after the rotary embedding", BATCH, POS, HEAD, D_HEAD);

  /** Keys after the rotary embedding, where the model has one. */
  public static final Site ROT_K =
      Site.perLayer(
          "attn.hook_rot_k", "keys after the rotary embedding", BATCH, POS, KV_HEAD, D_HEAD);

  /**
   * What is added to the scores to hide keys: 0 where a query sees a key, negative infinity where
   * it does not. TransformerLens has no such point.
   */
  public static final Site MASK =
      Site.perLayer("attn.hook_mask", "which keys a query sees", BATCH, HEAD, QUERY_POS, KEY_POS)
          .computedOnDemand();

  /**
   * Attention scores, scaled, capped, with the position term, and masked (negative infinity where a
   * key is hidden): the softmax's input, if the layer has one.
   */
  public static final Site SCORES =
      Site.perLayer(
          "attn.hook_attn_scores", "scaled, masked scores", BATCH, HEAD, QUERY_POS, KEY_POS);

  /**
   * Attention probabilities; in a layer of linear attention the scores, and 0 where a key is
   * hidden.
   */
  public static final Site PATTERN =
      Site.perLayer(
          "attn.hook_pattern", "attention probabilities", BATCH, HEAD, QUERY_POS, KEY_POS);

  /** Each head's mixed values, before the output projection. */
  public static final Site Z =
      Site.perLayer("attn.hook_z", "mixed values of each head", BATCH, POS, HEAD, D_HEAD);

  /**
   * Each head's own part of what the attention writes, before a norm behind it and without the
   * shared output bias.
   */
  public static final Site RESULT =
      Site.perLayer(
              "attn.hook_result",
              "each head's part of the attention output",
              BATCH,
              POS,
              HEAD,
              D_MODEL)
          .computedOnDemand();

  /**
   * What the norm behind the attention divides by, where there is one: on what the attention adds
   * (Gemma 2, OLMo 2), or on the stream it was added to (BERT).
   */
  public static final Site LN1_POST_SCALE =
      Site.perLayer(
              "ln1_post.hook_scale",
              "what the norm behind the attention divides by",
              BATCH,
              POS,
              ONE)
          .computedOnDemand();

  /** What the attention adds to the residual stream, after a norm behind it if there is one. */
  public static final Site ATTN_OUT =
      Site.perLayer("hook_attn_out", "what the attention adds", BATCH, POS, D_MODEL);

  /** The residual stream between attention and MLP. */
  public static final Site RESID_MID =
      Site.perLayer(
          "hook_resid_mid", "residual stream between attention and MLP", BATCH, POS, D_MODEL);

  /** What the second norm divides by. */
  public static final Site LN2_SCALE =
      Site.perLayer("ln2.hook_scale", "what the MLP's norm divides by", BATCH, POS, ONE)
          .computedOnDemand();

  /**
   * The input of the MLP: the normalised residual stream, with the norm's weight and bias applied.
   */
  public static final Site LN2 =
      Site.perLayer("ln2.hook_normalized", "input of the MLP", BATCH, POS, D_MODEL);

  /**
   * Neurons before the non-linearity (in a gated MLP, the gate: Hugging Face's {@code gate_proj}).
   */
  public static final Site MLP_PRE =
      Site.perLayer("mlp.hook_pre", "neurons before the non-linearity", BATCH, POS, D_MLP);

  /**
   * In a gated MLP, the linear branch that the activated gate multiplies (Hugging Face's {@code
   * up_proj}).
   */
  public static final Site MLP_PRE_LINEAR =
      Site.perLayer("mlp.hook_pre_linear", "linear branch of a gated MLP", BATCH, POS, D_MLP);

  /**
   * Neurons after the non-linearity and, in a gated MLP, after the product with the linear branch.
   */
  public static final Site MLP_POST = Site.perLayer("mlp.hook_post", "neurons", BATCH, POS, D_MLP);

  /** What the norm behind the MLP divides by, where there is one; see {@link #LN1_POST_SCALE}. */
  public static final Site LN2_POST_SCALE =
      Site.perLayer(
              "ln2_post.hook_scale", "what the norm behind the MLP divides by", BATCH, POS, ONE)
          .computedOnDemand();

  /** What the MLP adds to the residual stream, after a norm behind it if there is one. */
  public static final Site MLP_OUT =
      Site.perLayer("hook_mlp_out", "what the MLP adds", BATCH, POS, D_MODEL);

  /** The residual stream after the layer. */
  public static final Site RESID_POST =
      Site.perLayer("hook_resid_post", "residual stream after the layer", BATCH, POS, D_MODEL);

  /** What the final norm divides by. */
  public static final Site LN_FINAL_SCALE =
      Site.perModel("ln_final.hook_scale", "what the final norm divides by", BATCH, POS, ONE)
          .computedOnDemand();

  /** The input of the unembedding, after the final norm. */
  public static final Site LN_FINAL =
      Site.perModel("ln_final.hook_normalized", "input of the unembedding", BATCH, POS, D_MODEL);

  /** The logits. */
  public static final Site LOGITS = Site.perModel("hook_logits", "logits", BATCH, POS, D_VOCAB);

  private static final List<Site> ALL =
      List.of(
          EMBED,
          POS_EMBED,
          TOKEN_TYPE_EMBED,
          RESID_PRE,
          LN1_SCALE,
          LN1,
          Q,
          K,
          V,
          Q_NORM,
          K_NORM,
          ROT_Q,
          ROT_K,
          MASK,
          SCORES,
          PATTERN,
          Z,
          RESULT,
          LN1_POST_SCALE,
          ATTN_OUT,
          RESID_MID,
          LN2_SCALE,
          LN2,
          MLP_PRE,
          MLP_PRE_LINEAR,
          MLP_POST,
          LN2_POST_SCALE,
          MLP_OUT,
          RESID_POST,
          LN_FINAL_SCALE,
          LN_FINAL,
          LOGITS);

  private Sites() {}

  /** Returns the standard sites, in the order of the forward pass. */
  public static List<Site> all() {
    return ALL;
  }

  static Site named(String name, boolean perLayer) {
    return ALL.stream()
        .filter(site -> site.name().equals(name) && site.perLayer() == perLayer)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "No site is named '%s'; there are %s"
                        .formatted(
                            name,
                            ALL.stream().map(Site::toString).collect(Collectors.joining(", ")))));
  }

  static int order(Site site) {
    int index = ALL.indexOf(site);
    return index < 0 ? Integer.MAX_VALUE : index;
  }

  /** Tells whether a site stands before the first layer: the embeddings. */
  public static boolean isBeforeBlocks(Site site) {
    return site.equals(EMBED) || site.equals(POS_EMBED) || site.equals(TOKEN_TYPE_EMBED);
  }
}
