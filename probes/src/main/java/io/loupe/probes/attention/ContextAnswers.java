package io.loupe.probes.attention;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.context.MultiDocument;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.HookedTransformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * Was it read or made up? Five documents say where people live, and the model is asked for one of
 * them ({@link MultiDocument}). Of each prompt there are two versions that differ in one name: in
 * one the documents speak of the person who is asked for, in the other of somebody else in that
 * place. An answer is supported if the documents say it, word for word, of the person asked for;
 * that is read off the text, whichever version it is. Spans: {@code context}, the documents, and
 * {@code question}; {@link Answers#PROMPT} and {@link Answers#ANSWER}.
 *
 * @param data an example of each answer, labelled {@code supported} or {@code made up}; grouped by
 *     the person asked for
 * @param answers what the model said
 * @param answerable which of them the documents could have answered
 */
public record ContextAnswers(ProbeData data, Answers answers, List<Boolean> answerable) {
  private static final int DOCUMENTS = 5;
  private static final int NEW_TOKENS = 10;

  /** The names of the labels: the positive class, the second, is what a detector should find. */
  private static final List<String> CLASSES = List.of("supported", "made up");

  public ContextAnswers {
    answerable = List.copyOf(answerable);
  }

  /**
   * Lets a model answer.
   *
   * @param others what the other documents are about
   * @param pairs how many prompts, each in two versions
   * @param seed of the prompts
   * @throws IllegalArgumentException if the model's tokenizer splits the task's words, or it is
   *     bidirectional
   */
  public static ContextAnswers of(
      HookedTransformer model, MultiDocument.Distractors others, int pairs, long seed) {
    MultiDocument task =
        new MultiDocument(
            DOCUMENTS, 1 + DOCUMENTS / 2, others, text -> model.tokenizer().encode(text, false));
    List<PromptPair> drawn = task.draw(Split.TRAIN, pairs, seed);
    List<String> names = List.copyOf(new TreeSet<>(drawn.stream().map(PromptPair::group).toList()));
    List<Prompt> prompts = new ArrayList<>();
    List<String> groups = new ArrayList<>();
    List<Boolean> answerable = new ArrayList<>();
    for (int i = 0; i < drawn.size(); i++) {
      PromptPair pair = drawn.get(i);
      for (boolean there : new boolean[] {true, false}) {
        String named = there ? pair.group() : stranger(names, pair.clean().text(), i);
        prompts.add(prompt(pair.clean(), named));
        groups.add(pair.group());
        answerable.add(there);
      }
    }
    Answers answers =
        Answers.of(model, model.tokens(prompts), GenerationOptions.greedy(NEW_TOKENS).stopAt("."));
    int[] classes = new int[prompts.size()];
    for (int i = 0; i < classes.length; i++) {
      Prompt prompt = prompts.get(i);
      boolean said = supported(prompt.textOf("context"), groups.get(i), answers.texts().get(i));
      classes[i] = said ? 0 : 1;
    }
    ProbeData data =
        answers.data(
            "answers from " + others.name().toLowerCase(Locale.ROOT) + " documents",
            new Labels.Classes(CLASSES, classes),
            groups);
    return new ContextAnswers(data, answers, answerable);
  }

  /** Returns a name that the text has not, another one for each i. */
  private static String stranger(List<String> names, String text, int i) {
    for (int k = 0; k < names.size(); k++) {
      String name = names.get((i + k) % names.size());
      if (!text.contains(" " + name + " ")) {
        return name;
      }
    }
    throw new IllegalArgumentException(
        "There is no name that a prompt has not among %s; draw more pairs".formatted(names));
  }

  /** Returns the prompt up to "Answer:", with this name in the document in the middle. */
  private static Prompt prompt(Prompt clean, String named) {
    String text = clean.text();
    TextSpan name = clean.span("name" + (1 + DOCUMENTS / 2));
    TextSpan question = clean.span("question");
    String context =
        text.substring(0, name.start())
            + named
            + text.substring(name.end(), question.start()).stripTrailing();
    int end = text.indexOf("Answer:", question.start()) + "Answer:".length();
    String asked = text.substring(question.start(), end);
    int from = context.length() + 1;
    return Prompt.of(context + "\n" + asked)
        .mark("context", 0, context.length())
        .mark("question", from, from + asked.length());
  }

  /** Tells whether documents say of a person what an answer says of them. */
  static boolean supported(String documents, String person, String answer) {
    String said = answer.strip();
    int end = said.indexOf('.');
    String claim = end < 0 ? said : said.substring(0, end);
    return claim.startsWith(person + " lives in ")
        && documents.contains(" named " + claim + " and likes it there.");
  }

  /** Returns how often answers were supported, with the person in the documents and without. */
  public Table table() {
    int[][] counts = new int[2][2];
    int[] classes = ((Labels.Classes) data.labels()).of();
    for (int i = 0; i < classes.length; i++) {
      counts[answerable.get(i) ? 0 : 1][classes[i]]++;
    }
    return Table.of("the documents name", "prompts", "supported", "made up")
        .row("the person", counts[0][0] + counts[0][1], counts[0][0], counts[0][1])
        .row("somebody else", counts[1][0] + counts[1][1], counts[1][0], counts[1][1]);
  }
}
