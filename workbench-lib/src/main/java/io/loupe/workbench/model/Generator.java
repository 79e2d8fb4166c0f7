package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Applications;
import io.loupe.workbench.intervention.Frame;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.KeyValueCache;
import io.loupe.workbench.nn.Transformer;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Continues prompts, step by step. New tokens stand in a column of their own behind all rows,
 * wherever these are padded; a row that has ended is padded from there on.
 */
final class Generator implements AutoCloseable {
  private final HookedTransformer model;
  private final Transformer transformer;
  private final GenerationOptions options;
  private final Applications applications;
  private final NDManager manager;
  private final List<Frame> frames = new ArrayList<>();
  private final List<SplittableRandom> random = new ArrayList<>();
  private final StopRule stop;
  private KeyValueCache cache;
  private int[] cachedLengths; // of the rows: the keys in the cache were turned for these

  Generator(HookedTransformer model, Transformer transformer, GenerationOptions options) {
    this.model = model;
    this.transformer = transformer;
    this.options = options;
    this.applications = new Applications(model.interventions());
    this.manager = Engines.newManager(model.device());
    this.cache = newCache();
    this.stop = StopRule.of(options, model);
    this.cachedLengths = new int[0];
  }

  Generation generate(Tokens prompts) {
    for (int row = 0; row < prompts.batch(); row++) {
      random.add(new SplittableRandom(options.seed() + row));
    }
    Tokens tokens = prompts;
    boolean[] going = new boolean[prompts.batch()];
    Arrays.fill(going, true);
    List<GenerationStep> steps = new ArrayList<>();
    for (int index = 0; index < options.newTokens() && any(going); index++) {
      GenerationStep step = step(index, tokens, going);
      steps.add(step);
      options.onStep().accept(step);
      tokens = tokens.append(step.emitted());
      for (int row = 0; row < going.length; row++) {
        going[row] =
            going[row]
                && !stop.ends(
                    Arrays.copyOfRange(tokens.row(row), prompts.length(row), tokens.length(row)));
      }
    }
    return new Generation(
        model,
        options,
        prompts,
        Tokens.concat(Tokens.Padding.RIGHT, List.of(tokens)),
        steps,
        applications.receipts());
  }

  private GenerationStep step(int index, Tokens tokens, boolean[] going) {
    int from = index == 0 ? 0 : tokens.length() - 1;
    Frame frame = new Frame(tokens, from, true, index);
    RunHooks hooks = new RunHooks(frame, options.capture(), applications, Set.of());
    try (NDManager scope = manager.newSubManager()) {
      Hooks all = prepared(tokens, hooks, frame);
      int columns = index > 0 && all == hooks ? 1 : tokens.length();
      AttentionHooks watching =
          options
              .attention()
              .map(r -> new AttentionHooks(all, model.config(), tokens, tokens.length() - from, r))
              .orElse(null);
      Hooks used = watching == null ? LongText.of(all, model, tokens, columns) : watching;
      NDArray logits = transformer.forward(tokens, cache, scope, used); // [batch, columns, vocab]
      frames.add(frame);
      List<OptionalLong> emitted = new ArrayList<>();
      List<Double> logProbabilities = new ArrayList<>();
      long firstColumn = tokens.length() - logits.getShape().get(1);
      for (int row = 0; row < going.length; row++) {
        if (going[row]) {
          long column = tokens.column(row, -1) - firstColumn;
          double[] own = Tensors.doubles(logits.get(new NDIndex("{}, {}", row, column)));
          int token = options.sampling().choose(finite(own, row, index), random.get(row));
          emitted.add(OptionalLong.of(token));
          logProbabilities.add(logProbability(own, token));
        } else {
          emitted.add(OptionalLong.empty());
          logProbabilities.add(Double.NaN);
        }
      }
      ActivationCache captured = new ActivationCache(tokens, hooks.captured());
      return new GenerationStep(
          index,
          tokens,
          emitted,
          logProbabilities,
          captured,
          Optional.ofNullable(watching).map(AttentionHooks::statistics));
    }
  }

  /**
   * Returns the hooks of a step: its own for the new column, or those of all steps where keys of
   * earlier ones are of no use and all columns are computed anew.
   */
  private Hooks prepared(Tokens tokens, RunHooks hooks, Frame frame) {
    int[] before = cachedLengths;
    int[] now = IntStream.range(0, tokens.batch()).map(tokens::length).toArray();
    cachedLengths = now;
    boolean cached =
        options.cache()
            && before.length == now.length
            && IntStream.range(0, now.length)
                .allMatch(row -> transformer.sameAngles(before[row], now[row]));
    if (frames.isEmpty() || cached) {
      return hooks;
    }
    cache.close();
    cache = newCache();
    return new StepwiseHooks(frames, frame, applications, hooks);
  }

  private KeyValueCache newCache() {
    return new KeyValueCache(model.config().layers(), manager);
  }

  private static double[] finite(double[] logits, int row, int step) {
    for (double logit : logits) {
      if (Double.isNaN(logit)) {
        throw new IllegalStateException(
            "The logits of row %d in step %d are not numbers (NaN): no token can be chosen"
                .formatted(row, step));
      }
    }
    return logits;
  }

  private static double logProbability(double[] logits, int token) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double sum = Arrays.stream(logits).map(logit -> Math.exp(logit - largest)).sum();
    return logits[token] - largest - Math.log(sum);
  }

  private static boolean any(boolean[] values) {
    for (boolean value : values) {
      if (value) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    manager.close();
  }
}
