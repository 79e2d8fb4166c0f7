package io.loupe.probes.attention;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.context.PromptInjection;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.probes.data.Example;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Prompts with and without an injected instruction ({@link PromptInjection}), and what a model does
 * with them. An example is a prompt's last token: what it looks at when it is to answer. Spans
 * {@code instruction}, {@code review} and in it {@code extra}. Grouped by sets of wordings of the
 * extra sentence, each with normal and injected ones, so that a detector is reported on wordings
 * that it was not trained on.
 *
 * @param data labelled {@code normal} or {@code injected}
 * @param right the share of normal prompts whose most probable next token is the right label
 * @param follows the share of injected prompts whose most probable next token is the injected word
 */
public record InjectedPrompts(ProbeData data, double right, double follows) {
  private static final int BATCH = 32;

  /**
   * Runs a model on prompts.
   *
   * @param pairs how many, each normal and injected
   * @param seed of the prompts
   * @throws IllegalArgumentException if the model's tokenizer splits the task's words
   */
  public static InjectedPrompts of(HookedTransformer model, int pairs, long seed) {
    PromptInjection task = new PromptInjection(text -> model.tokenizer().encode(text, false));
    List<PromptPair> drawn = task.draw(Split.TRAIN, pairs, seed);
    long[] answers = task.answerIds(drawn);
    long[] words = task.wrongIds(drawn);
    List<Prompt> prompts = new ArrayList<>();
    List<String> wordings = new ArrayList<>();
    for (PromptPair pair : drawn) {
      for (Prompt prompt : List.of(pair.clean(), pair.corrupted())) {
        prompts.add(prompt);
        wordings.add(prompt.textOf("extra").replace(pair.group(), "_"));
      }
    }
    List<String> groups = sets(wordings);
    Tokens tokens = model.tokens(prompts);
    List<Example> examples = new ArrayList<>();
    int[] classes = new int[prompts.size()];
    for (int row = 0; row < classes.length; row++) {
      int last = tokens.length(row) - 1;
      classes[row] = row % 2;
      examples.add(new Example(row, last, last + 1, groups.get(row), "row " + row));
    }
    Labels labels = new Labels.Classes(List.of("normal", "injected"), classes);
    long[] next = next(model, tokens);
    double right = 0;
    double follows = 0;
    for (int i = 0; i < drawn.size(); i++) {
      right += next[2 * i] == answers[i] ? 1.0 / drawn.size() : 0;
      follows += next[2 * i + 1] == words[i] ? 1.0 / drawn.size() : 0;
    }
    ProbeData data = ProbeData.of("prompt injection", tokens, examples, labels, List.of());
    return new InjectedPrompts(data, right, follows);
  }

  /** Returns the most probable token behind each row. */
  private static long[] next(HookedTransformer model, Tokens tokens) {
    long[] next = new long[tokens.batch()];
    for (int from = 0; from < next.length; from += BATCH) {
      Tokens some = tokens.rows(from, Math.min(from + BATCH, next.length));
      Tokens more = model.generate(some, 1);
      for (int row = 0; row < some.batch(); row++) {
        long[] ids = more.row(row);
        next[from + row] = ids[ids.length - 1];
      }
    }
    return next;
  }

  /** Returns the set of each wording; normal and injected ones take turns. */
  private static List<String> sets(List<String> wordings) {
    List<List<String>> own = new ArrayList<>();
    for (int side = 0; side < 2; side++) {
      TreeSet<String> all = new TreeSet<>();
      for (int row = side; row < wordings.size(); row += 2) {
        all.add(wordings.get(row));
      }
      own.add(List.copyOf(all));
    }
    int sets = Math.min(own.get(0).size(), own.get(1).size());
    return IntStream.range(0, wordings.size())
        .mapToObj(row -> "wordings " + own.get(row % 2).indexOf(wordings.get(row)) % sets)
        .toList();
  }
}
