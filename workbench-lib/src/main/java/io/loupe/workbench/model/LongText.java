package io.loupe.workbench.model;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionRule;
import io.loupe.workbench.capture.CpuAttention;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.StreamedAttention;
import io.loupe.workbench.text.Tokens;
import org.jspecify.annotations.Nullable;

/**
 * Hooks of a pass over so much text that scores and pattern would take {@value #MOST_MEGABYTES} MB
 * a layer: where nobody asks for them, attention is computed without, in memory that grows with the
 * length of the text. On the CPU in float32; elsewhere the engine's way stays.
 */
final class LongText extends ForwardingHooks {
  static final long MOST_MEGABYTES = 256;

  private static final AttentionRequest NOTHING = AttentionRequest.of();

  private final ModelConfig config;
  private final Tokens tokens;

  private LongText(Hooks hooks, ModelConfig config, Tokens tokens) {
    super(hooks);
    this.config = config;
    this.tokens = tokens;
  }

  /**
   * Returns hooks that do the same, and compute attention without its matrix if that is large.
   *
   * @param tokens all columns of the pass, those of earlier steps included
   * @param queries how many columns are computed
   */
  static Hooks of(Hooks hooks, HookedTransformer model, Tokens tokens, int queries) {
    boolean able =
        model.device().equals(Device.cpu())
            && model.type() == DataType.FLOAT32
            && model.config().weightsSumToOne()
            && !hooks.differentiable();
    return able && megabytes(model.config(), tokens, queries) > MOST_MEGABYTES
        ? new LongText(hooks, model.config(), tokens)
        : hooks;
  }

  private static long megabytes(ModelConfig config, Tokens tokens, int queries) {
    long entries = (long) tokens.batch() * config.heads() * queries * tokens.length();
    return entries * Float.BYTES >> 20;
  }

  @Override
  public @Nullable StreamedAttention streamed(int layer) {
    StreamedAttention own = super.streamed(layer);
    if (own != null || wantedMatrix(layer).isPresent()) {
      return own;
    }
    AttentionRule rule = AttentionRule.of(config.attention().get(layer), config.heads());
    return (q, k, v) ->
        CpuAttention.FLOAT32.attend(new AttentionCall(layer, q, k, v, rule, tokens, NOTHING)).z();
  }
}
