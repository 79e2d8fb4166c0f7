package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.weights.HeadWeights;
import io.loupe.datasets.task.PromptPair;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.stream.Stream;

/**
 * The attention from the last token to a span.
 *
 * @param sign 1 or -1 where it is counted only if the head moves the answer's logit that way
 *     against the wrong one's; 0 where it always is
 */
record NameDetector(Passes.Kind kind, List<PromptPair> prompts, String span, int sign)
    implements HeadDetector {
  NameDetector {
    prompts = List.copyOf(prompts);
    Passes.requireSpan(prompts, span, kind);
  }

  @Override
  public HeadMap measure(HookedTransformer given) {
    Passes.requireCausal(given, kind);
    HookedTransformer model = given.folded();
    Tokens tokens = model.tokens(prompts.stream().map(PromptPair::clean).toList());
    long[] answers = ids(model, prompts.stream().map(PromptPair::answer));
    long[] wrongs = ids(model, prompts.stream().map(PromptPair::wrong));
    HeadWeights weights = HeadWeights.asTheyAre(model);
    if (sign != 0) {
      weights.writtenLogits(new Head(0, 0), 0); // refuses a head whose logits are not read off
    }
    Statistic mass = Statistic.span(span);
    AttentionRequest request = AttentionRequest.of(mass);
    double[][][] values = Passes.empty(model, tokens.batch());
    Passes.over(
        tokens,
        (first, part) -> {
          AttentionStatistics statistics =
              model.attention(part, sign == 0 ? request : request.withOutputs()).statistics();
          for (Head head : model.config().allHeads()) {
            for (int row = 0; row < part.batch(); row++) {
              double[] masses = statistics.values(mass, head, row);
              int prompt = first + row;
              double moved =
                  sign == 0
                      ? 1
                      : sign
                          * difference(
                              Written.z(statistics, part, head, row)[masses.length - 1],
                              weights.writtenLogits(head, answers[prompt], wrongs[prompt]));
              values[head.layer()][head.index()][prompt] =
                  moved > 0 ? masses[masses.length - 1] : 0;
            }
          }
        });
    return Passes.map(model, kind, tokens, values);
  }

  private static double difference(double[] z, double[][] written) {
    double[] logits = Written.logits(z, written);
    return logits[0] - logits[1];
  }

  private static long[] ids(HookedTransformer model, Stream<String> words) {
    return Metrics.tokens(model.tokenizer(), words.toArray(String[]::new));
  }
}
