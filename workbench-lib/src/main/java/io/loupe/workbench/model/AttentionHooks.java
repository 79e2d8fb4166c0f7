package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.capture.AttentionBackend;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionRule;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.LayerAttention;
import io.loupe.workbench.capture.LayerStatistics;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.StreamedAttention;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run's hooks, with attention that is reduced while it is computed. */
final class AttentionHooks implements Hooks {
  private final RunHooks hooks;
  private final ModelConfig config;
  private final Tokens tokens;
  private final AttentionRequest request;
  private final AttentionBackend backend;
  private final List<LayerStatistics> statistics = new ArrayList<>();
  private final Map<Integer, NDArray> outputs = new HashMap<>();

  /** Prepares; refuses what cannot be had without the pattern. */
  AttentionHooks(RunHooks hooks, ModelConfig config, Tokens tokens, AttentionRequest request) {
    this.hooks = hooks;
    this.config = config;
    this.tokens = tokens;
    this.request = request;
    this.backend = AttentionBackend.named(request.backend());
    request.check(config, tokens);
    if (!config.weightsSumToOne()) {
      throw new IllegalArgumentException(
          "The model weights values by the scores themselves, so there are no probabilities to reduce: use run(tokens, Capture.of(Sites.PATTERN))");
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      for (Site site : List.of(Sites.MASK, Sites.SCORES, Sites.PATTERN)) {
        if (hooks.wants(site.at(layer))) {
          throw new IllegalArgumentException(
              "An intervention or a capture at %s needs the whole matrix, which attention(tokens, request) never has: use AttentionRequest.edit(...) and pattern(heads, queries) instead, or run(tokens, Capture.of(Sites.PATTERN))"
                  .formatted(site.at(layer)));
        }
      }
    }
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    return hooks.at(point, activation);
  }

  @Override
  public @Nullable NDArray given(HookPoint point) {
    return hooks.given(point);
  }

  @Override
  public boolean wants(HookPoint point) {
    return hooks.wants(point);
  }

  @Override
  public boolean differentiable() {
    return hooks.differentiable();
  }

  @Override
  public StreamedAttention streamed(int layer) {
    AttentionRule rule = AttentionRule.of(config.attention().get(layer), config.heads());
    return (q, k, v) -> {
      AttentionCall call = new AttentionCall(layer, q, k, v, rule, tokens, request);
      LayerAttention attention = backend.attend(call);
      statistics.add(attention.statistics());
      if (request.outputs()) {
        outputs.put(layer, NativeMemory.keep(attention.z().duplicate()));
      }
      return attention.z();
    };
  }

  AttentionStatistics statistics() {
    return new AttentionStatistics(request, tokens.batch(), config.heads(), statistics, outputs);
  }
}
