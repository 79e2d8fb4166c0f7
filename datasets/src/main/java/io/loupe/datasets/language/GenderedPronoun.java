package io.loupe.datasets.language;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.Template;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gendered pronouns: "So Mary is a really great teacher, isn't" is followed by "she" (Mathwin et
 * al. 2023, Identifying a Preliminary Circuit for Predicting Gendered Pronouns in GPT-2 Small).
 *
 * <p>Spans: {@code name}, {@code noun}. Corrupted: the name is one of the other gender from the
 * same split, so the answers change places. A name stays in one split.
 */
public final class GenderedPronoun extends TextTask {
  private static final String NAME = "pronoun";
  private static final List<Template> TEMPLATES =
      Template.all(
          "So {name} is a really great {noun}, isn't",
          "I think {name} was a very good {noun}, wasn't",
          "Surely {name} is the best {noun} here, isn't",
          "They say {name} is a famous {noun} now, isn't",
          "We know that {name} has been a fine {noun}, hasn't",
          "Of course {name} will be a good {noun} one day, won't");
  private static final Set<String> GENDERED =
      Set.of(
          "king", "queen", "prince", "boy", "girl", "child", "man", "woman", "brother", "sister",
          "uncle", "priest", "actor", "nurse", "sailor", "soldier");

  private final Groups<Words.Name> names;
  private final List<String> nouns;

  /** The task on words. */
  public GenderedPronoun() {
    this(TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @throws IllegalArgumentException if it splits the pronouns or too many names
   */
  public GenderedPronoun(TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "He or she? Corrupted: a name of the other gender.",
            "Mathwin et al. 2023, Identifying a Preliminary Circuit for Predicting Gendered"
                + " Pronouns in GPT-2 Small"),
        tokens);
    Fitting fitting = new Fitting(NAME, tokens);
    fitting.words("pronouns", List.of("he", "she"), 2);
    List<Words.Name> kept = fitting.words("names", Words.names(), Words.Name::text, 2);
    Groups<Words.Name> single =
        Groups.of(NAME, Words.names(), Words.Name::text).keep(kept::contains);
    names = single.keep(name -> single.all().stream().anyMatch(other -> differ(name, other)));
    nouns =
        Words.nouns("person").stream()
            .map(Words.Noun::singular)
            .filter(noun -> !GENDERED.contains(noun))
            .toList();
  }

  @Override
  public GenderedPronoun with(TextTokens tokens) {
    return new GenderedPronoun(tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Words.Name name = choices.one(names.in(split));
    String noun = choices.one(nouns);
    Template template = choices.one(TEMPLATES);
    Words.Name other =
        choices.anyOf(names.in(split).stream().filter(n -> differ(n, name)).toList());
    return new PromptPair(
        template.fill(Map.of("name", name.text(), "noun", noun)),
        template.fill(Map.of("name", other.text(), "noun", noun)),
        " " + name.pronoun(),
        " " + other.pronoun(),
        name.text(),
        split);
  }

  private static boolean differ(Words.Name one, Words.Name other) {
    return !one.pronoun().equals(other.pronoun());
  }
}
