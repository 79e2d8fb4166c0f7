package io.loupe.datasets.language;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.PromptText;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.List;

/**
 * Subject-verb agreement across distractors: "The keys near the cabinet" is followed by a plural
 * verb (Linzen, Dupoux and Goldberg 2016, Assessing the Ability of LSTMs to Learn Syntax-Sensitive
 * Dependencies).
 *
 * <p>Spans: {@code subject}, and {@code distractor1} and so on; each distractor is singular or
 * plural by itself. The answers are is, was and has, or are, were and have; the wrong ones are the
 * others. Corrupted: the subject's number is the other. A subject noun stays in one split, with
 * both its numbers. Nouns whose singular and plural are not one token each are left out.
 */
public final class Agreement extends TextTask {
  private static final String NAME = "agreement";
  private static final List<String> PREPOSITIONS =
      List.of("near", "behind", "beside", "with", "from", "by", "above", "under");
  private static final List<String> SINGULAR = List.of(" is", " was", " has");
  private static final List<String> PLURAL = List.of(" are", " were", " have");

  private final int distractors;
  private final Groups<Words.Noun> subjects;
  private final List<Words.Noun> others;

  /** The task with one distractor, on words. */
  public Agreement() {
    this(1, TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @param distractors how many nouns stand between subject and verb, 1 to 4
   * @throws IllegalArgumentException if the tokenizer splits the verbs or too many nouns
   */
  public Agreement(int distractors, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Singular or plural verb, behind %d other noun%s? Corrupted: the subject's number."
                .formatted(distractors, distractors == 1 ? "" : "s"),
            "Linzen, Dupoux and Goldberg 2016, Assessing the Ability of LSTMs to Learn"
                + " Syntax-Sensitive Dependencies"),
        tokens);
    if (distractors < 1 || distractors > 4) {
      throw new IllegalArgumentException("Expected 1 to 4 distractors, got " + distractors);
    }
    this.distractors = distractors;
    Fitting fitting = new Fitting(NAME, tokens);
    fitting.words("verbs", List.of("is", "was", "has", "are", "were", "have"), 6);
    List<Words.Noun> all = Words.nouns("person", "animal");
    List<Words.Noun> single =
        fitting.words("nouns", all, Words.Noun::singular, 1).stream()
            .filter(noun -> fitting.isSingle(noun.plural()))
            .toList();
    fitting.need("nouns (in both numbers)", single.size(), all.size(), 1, plurals(all));
    subjects = Groups.of(NAME, all, Words.Noun::singular).keep(single::contains);
    others = Words.nouns("thing", "place");
  }

  @Override
  public Agreement with(TextTokens tokens) {
    return new Agreement(distractors, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Words.Noun subject = choices.one(subjects.in(split));
    boolean plural = choices.coin();
    List<String> between = new ArrayList<>();
    for (Words.Noun noun : choices.distinct(others, distractors)) {
      String preposition = choices.one(PREPOSITIONS);
      between.add(preposition);
      between.add(choices.coin() ? noun.plural() : noun.singular());
    }
    return new PromptPair(
        prompt(plural ? subject.plural() : subject.singular(), between),
        prompt(plural ? subject.singular() : subject.plural(), between),
        plural ? PLURAL : SINGULAR,
        plural ? SINGULAR : PLURAL,
        subject.singular(),
        split);
  }

  private static Prompt prompt(String subject, List<String> between) {
    PromptText text = new PromptText().add("The ").add("subject", subject);
    for (int i = 0; i < between.size(); i += 2) {
      text.add(" " + between.get(i) + " the ").add("distractor" + (i / 2 + 1), between.get(i + 1));
    }
    return text.prompt();
  }

  private static List<String> plurals(List<Words.Noun> nouns) {
    return nouns.stream().map(Words.Noun::plural).toList();
  }
}
