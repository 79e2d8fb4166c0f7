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
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A run's hooks, with attention that is reduced while it is computed. */
final class AttentionHooks extends ForwardingHooks {
  private final ModelConfig config;
  private final Tokens tokens;
  private final int reported;
  private final AttentionRequest request;
  private final AttentionBackend backend;
  private final List<LayerStatistics> statistics = new ArrayList<>();
  private final Map<Integer, NDArray> outputs = new HashMap<>();

  /**
   * Prepares; refuses what cannot be had without the pattern.
   *
   * @param reported how many of the last columns are reported on, if more are computed
   */
  AttentionHooks(
      Hooks hooks, ModelConfig config, Tokens tokens, int reported, AttentionRequest request) {
    super(hooks);
    this.config = config;
    this.tokens = tokens;
    this.reported = reported;
    this.request = request;
    this.backend = AttentionBackend.named(request.backend());
    request.check(config, tokens);
    if (!config.weightsSumToOne()) {
      throw new IllegalArgumentException(
          "The model weights values by the scores themselves, so there are no probabilities to reduce: use run(tokens, Capture.of(Sites.PATTERN))");
    }
    backend.check(request, config);
    for (int layer = 0; layer < config.layers(); layer++) {
      wantedMatrix(layer)
          .ifPresent(
              point -> {
                throw new IllegalArgumentException(
                    "An intervention or a capture at %s needs the whole matrix, which attention(tokens, request) never has: use AttentionRequest.edit(...) and pattern(heads, queries) instead, or run(tokens, Capture.of(Sites.PATTERN))"
                        .formatted(point));
              });
    }
  }

  @Override
  public StreamedAttention streamed(int layer) {
    AttentionRule rule = AttentionRule.of(config.attention().get(layer), config.heads());
    return (q, k, v) -> {
      long before = q.getShape().get(1) - reported;
      LayerAttention attention =
          before <= 0
              ? backend.attend(new AttentionCall(layer, q, k, v, rule, tokens, request))
              : withLastReported(layer, q, k, v, rule);
      statistics.add(attention.statistics());
      if (request.outputs()) {
        outputs.put(layer, NativeMemory.keep(attention.z().duplicate()));
      }
      return attention.z();
    };
  }

  /** Computes z of all columns, and statistics of the last ones. */
  private LayerAttention withLastReported(
      int layer, NDArray q, NDArray k, NDArray v, AttentionRule rule) {
    AttentionRequest editsOnly = request.withoutStatistics();
    AttentionCall all = new AttentionCall(layer, q, k, v, rule, tokens, editsOnly);
    NDArray z = backend.attend(all).z();
    try (NDArray view = q.get(":, -%d:".formatted(reported));
        NDArray last = view.duplicate()) {
      AttentionCall some = new AttentionCall(layer, last, k, v, rule, tokens, request);
      LayerAttention ofLast = backend.attend(some);
      ofLast.z().close();
      return new LayerAttention(z, ofLast.statistics());
    }
  }

  AttentionStatistics statistics() {
    return new AttentionStatistics(request, tokens.batch(), config.heads(), statistics, outputs);
  }
}
