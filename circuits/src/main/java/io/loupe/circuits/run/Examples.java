package io.loupe.circuits.run;

import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.TextTask;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The prompts that a circuit is looked for on, or tested on, in batches. Everything that is
 * computed for each example stands in the order of the batches.
 *
 * @param batches at least one
 */
public record Examples(List<Batch> batches) {
  /** Tokens in a batch, to keep the cores busy without holding much. */
  private static final int TOKENS = 512;

  public Examples {
    batches = List.copyOf(batches);
    if (batches.isEmpty()) {
      throw new IllegalArgumentException("Examples need at least one batch of prompts");
    }
  }

  /** Returns these batches. */
  public static Examples of(Batch... batches) {
    return new Examples(Arrays.asList(batches));
  }

  /**
   * Returns pairs of a task in batches of equal length, without padding. Their order is that of
   * their lengths.
   *
   * @param task made for the model's tokenizer
   */
  public static Examples of(
      HookedTransformer model, TextTask task, List<PromptPair> pairs, Contrast contrast) {
    Map<Integer, List<PromptPair>> byLength = new TreeMap<>();
    for (PromptPair pair : pairs) {
      int length = model.tokens(List.of(pair.clean())).length();
      byLength.computeIfAbsent(length, key -> new ArrayList<>()).add(pair);
    }
    List<Batch> batches = new ArrayList<>();
    byLength.forEach(
        (length, same) -> {
          int most = Math.max(1, TOKENS / length);
          for (int from = 0; from < same.size(); from += most) {
            List<PromptPair> some = same.subList(from, Math.min(from + most, same.size()));
            Tokens clean = model.tokens(some.stream().map(PromptPair::clean).toList());
            Tokens corrupted = model.tokens(some.stream().map(PromptPair::corrupted).toList());
            batches.add(new Batch(clean, corrupted, contrast.metric(task, some)));
          }
        });
    return new Examples(batches);
  }

  /**
   * Returns the same prompts with another metric: how far the next-token distribution is from that
   * of the whole model on the clean prompt, KL(model || circuit), in nats (Conmy et al. 2023).
   */
  public Examples klDivergence(HookedTransformer model) {
    return new Examples(
        batches.stream()
            .map(
                batch ->
                    new Batch(
                        batch.clean(),
                        batch.corrupted(),
                        Metrics.klDivergence(model.run(batch.clean()))))
            .toList());
  }

  /** Returns the number of prompts. */
  public int size() {
    return batches.stream().mapToInt(Batch::size).sum();
  }

  @Override
  public String toString() {
    return "Examples[%d prompts in %d batches]".formatted(size(), batches.size());
  }
}
