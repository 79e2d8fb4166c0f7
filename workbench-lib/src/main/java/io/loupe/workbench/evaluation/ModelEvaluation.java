package io.loupe.workbench.evaluation;

import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What a model can do: it is asked the prompts of the tasks' test split, which a model trained on
 * {@link io.loupe.datasets.tasks.TaskCorpus} never saw, and random tokens twice. An answer counts
 * where the best right answer has a larger logit than the best wrong one; next to it stands how
 * often it has the largest logit of all. {@code ModelEvaluation.of(model).run(200)}.
 */
public final class ModelEvaluation {
  /** The name under which {@link #only} takes the loss on random tokens twice. */
  public static final String REPEATED_TOKENS = "repeated-tokens";

  private static final int LONGEST = 511;
  private static final int HALF = 64;
  private static final int SEQUENCES = 16;

  /** Logits of a pass, so that its memory stays below some 150 MB. */
  private static final long LOGITS = 1L << 25;

  private final HookedTransformer model;
  private final long seed;
  private final Map<String, Function<TextTokens, TextTask>> abilities;
  private final boolean repeats;

  private ModelEvaluation(
      HookedTransformer model,
      long seed,
      Map<String, Function<TextTokens, TextTask>> abilities,
      boolean repeats) {
    this.model = model;
    this.repeats = repeats;
    this.seed = seed;
    this.abilities = abilities;
  }

  /**
   * An evaluation of all usual abilities with seed 0.
   *
   * @throws IllegalArgumentException if the model does not predict a next token, or has no
   *     tokenizer
   */
  public static ModelEvaluation of(HookedTransformer model) {
    if (!model.config().causal()) {
      throw new IllegalArgumentException(
          "Model '%s' is bidirectional, it predicts no next token; evaluate a causal one"
              .formatted(model.name()));
    }
    if (!model.hasTokenizer()) {
      throw new IllegalArgumentException(
          "Model '%s' has no tokenizer, so it cannot be asked in words; load a folder with one"
              .formatted(model.name()));
    }
    int longest = Math.min(LONGEST, model.config().context() - 1);
    return new ModelEvaluation(model, 0, Abilities.usual(longest), true);
  }

  /** Returns the same evaluation with other prompts of the test split. */
  public ModelEvaluation seed(long seed) {
    return new ModelEvaluation(model, seed, abilities, repeats);
  }

  /**
   * Returns an evaluation of these abilities alone.
   *
   * @throws IllegalArgumentException if there is no such ability; it lists them
   */
  public ModelEvaluation only(String... names) {
    Map<String, Function<TextTokens, TextTask>> some = new LinkedHashMap<>();
    List<String> asked = new ArrayList<>(List.of(names));
    for (String name : asked) {
      Function<TextTokens, TextTask> task = abilities.get(name);
      if (!names().contains(name)) {
        throw new IllegalArgumentException(
            "No ability '%s'; there are %s".formatted(name, names()));
      }
      if (task != null) {
        some.put(name, task);
      }
    }
    return new ModelEvaluation(model, seed, some, asked.contains(REPEATED_TOKENS));
  }

  /** Returns the names of the abilities. */
  public List<String> names() {
    List<String> names = new ArrayList<>(abilities.keySet());
    if (repeats) {
      names.add(REPEATED_TOKENS);
    }
    return List.copyOf(names);
  }

  /**
   * Asks.
   *
   * @param prompts how many prompts an ability gets, 1 or more; those with fewer get all they have
   */
  public EvaluationReport run(int prompts) {
    if (prompts < 1) {
      throw new IllegalArgumentException("Expected at least one prompt, got " + prompts);
    }
    TextTokens tokens = text -> model.tokenizer().encode(text, false);
    List<AbilityScore> scores = new ArrayList<>();
    Map<String, String> leftOut = new LinkedHashMap<>();
    abilities.forEach(
        (name, make) -> {
          TextTask task;
          List<PromptPair> pairs;
          try {
            task = make.apply(tokens);
            BigInteger size = task.size(Split.TEST);
            pairs = task.draw(Split.TEST, size.min(BigInteger.valueOf(prompts)).intValue(), seed);
          } catch (IllegalArgumentException e) {
            leftOut.put(name, String.valueOf(e.getMessage()));
            return;
          }
          List<long[]> rows =
              pairs.stream().map(pair -> model.tokenizer().encode(pair.clean().text())).toList();
          int longest = rows.stream().mapToInt(row -> row.length).max().orElseThrow();
          if (longest > model.config().context()) {
            leftOut.put(
                name,
                "a prompt has %d tokens, the model takes %d"
                    .formatted(longest, model.config().context()));
            return;
          }
          scores.add(new AbilityScore(name, ask(task, pairs, rows)));
        });
    String sha = model.provenance(Tokens.of(new long[] {0})).weightsSha256();
    return new EvaluationReport(
        model.name(), sha, seed, scores, repeats ? repeated() : null, leftOut);
  }

  private List<AbilityScore.Result> ask(TextTask task, List<PromptPair> pairs, List<long[]> rows) {
    List<Integer> order =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparing(i -> -rows.get(i).length))
            .toList();
    AbilityScore.Result[] results = new AbilityScore.Result[rows.size()];
    int done = 0;
    while (done < order.size()) {
      long cost = (long) rows.get(order.get(done)).length * model.config().vocab();
      int batch = (int) Math.max(1, Math.min(order.size() - done, LOGITS / cost));
      List<Integer> some = order.subList(done, done + batch);
      long[][] ids = some.stream().map(rows::get).toArray(long[][]::new);
      Tokens tokens = Tokens.padded(Tokens.Padding.RIGHT, ids);
      try (Run run = model.run(tokens)) {
        double[][] last = Tensors.matrix(Metrics.last(run.logits(), run.tokens()));
        for (int i = 0; i < batch; i++) {
          results[some.get(i)] = result(task, pairs.get(some.get(i)), last[i]);
        }
      }
      done += batch;
    }
    return List.of(results);
  }

  private AbilityScore.Result result(TextTask task, PromptPair pair, double[] logits) {
    long[] answers = task.idsOf(pair, pair.answers());
    long[] wrongs = task.idsOf(pair, pair.wrongs());
    int best = best(logits, IntStream.range(0, logits.length).asLongStream().toArray());
    int right = best(logits, answers);
    return new AbilityScore.Result(
        pair.clean().text(),
        model.tokenizer().decode(new long[] {right}, false),
        model.tokenizer().decode(new long[] {best}, false),
        Arrays.stream(answers).anyMatch(answer -> answer == best),
        logits[right] - logits[best(logits, wrongs)]);
  }

  private static int best(double[] logits, long[] ids) {
    int best = (int) ids[0];
    for (long id : ids) {
      best = logits[(int) id] > logits[best] ? (int) id : best;
    }
    return best;
  }

  private RepeatedLoss repeated() {
    int context = model.config().context();
    long[] begin = model.tokenizer().encode("");
    int half = Math.min(HALF, (context - begin.length) / 2);
    RepeatedTokens task = new RepeatedTokens(1, model.config().vocab() - 1, half);
    List<Double> first = new ArrayList<>();
    List<Double> second = new ArrayList<>();
    for (IdPair pair : task.draw(Split.TEST, SEQUENCES, seed)) {
      long[] random = pair.clean().toArray();
      long[] ids = Arrays.copyOf(begin, begin.length + random.length);
      System.arraycopy(random, 0, ids, begin.length, random.length);
      try (Run run = model.run(Tokens.of(ids))) {
        double[] losses = Metrics.lossPerToken(run)[0]; // entry p: of token p + 1
        int start = ids.length - 2 * half;
        first.add(mean(losses, Math.max(start - 1, 0), start + half - 1));
        second.add(mean(losses, start + half, ids.length - 1));
      }
    }
    return new RepeatedLoss(half, first, second);
  }

  private static double mean(double[] values, int from, int to) {
    return Arrays.stream(values, from, to).average().orElseThrow();
  }
}
