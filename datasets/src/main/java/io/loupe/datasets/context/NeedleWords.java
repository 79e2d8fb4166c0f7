package io.loupe.datasets.context;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.words.Words;
import io.loupe.datasets.words.Words.WordPair;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The words that a kind of needle is filled with. */
final class NeedleWords {
  /**
   * What a needle says.
   *
   * @param key what it is about; empty for the pass key
   * @param asked what the question calls that
   * @param value the answer
   */
  record Fact(String key, String asked, String value) {
    Fact with(String other) {
      return new Fact(key, asked, other);
    }
  }

  private static final List<WordPair> LANDMARKS =
      Stream.of(
              "Eiffel Tower/France",
              "Colosseum/Italy",
              "Kremlin/Russia",
              "Great Wall/China",
              "Taj Mahal/India",
              "Pyramids/Egypt",
              "Acropolis/Greece",
              "Brandenburg Gate/Germany",
              "Tower Bridge/England",
              "Alhambra/Spain",
              "Blue Mosque/Turkey",
              "Little Mermaid/Denmark",
              "Machu Picchu/Peru",
              "Wawel Castle/Poland",
              "Parliament Hill/Canada",
              "Western Wall/Israel",
              "Mount Fuji/Japan")
          .map(fact -> new WordPair(fact.split("/")[0], fact.split("/")[1]))
          .toList();

  private final NeedleKind kind;
  private final int keys;
  private final List<String> names;
  private final List<String> values;

  NeedleWords(NeedleKind kind, Fitting fitting, int keys) {
    this.kind = kind;
    this.keys = keys;
    List<String> people = Words.names().stream().map(Words.Name::text).toList();
    boolean named = kind != NeedleKind.PASSKEY;
    names = named ? fitting.words("names", people, Math.max(2, keys)) : List.of();
    values =
        switch (kind) {
          case PASSKEY -> fitting.words("numbers", numbers(), 2);
          case NON_LITERAL -> names;
          case LITERAL, MANY_KEYS ->
              fitting.words("secret words", Words.withArticleA("thing"), keys + 1);
        };
  }

  /** What is kept in one split: the person, or the pass key, before the tokenizer is asked. */
  List<String> allGroups() {
    return kind == NeedleKind.PASSKEY
        ? numbers()
        : Words.names().stream().map(Words.Name::text).toList();
  }

  /** What is kept in one split and fits the tokenizer. */
  List<String> groups() {
    return kind == NeedleKind.PASSKEY ? values : names;
  }

  Fact fact(String group, Choices choices) {
    return switch (kind) {
      case PASSKEY -> new Fact("", "", group);
      case NON_LITERAL -> {
        WordPair landmark = choices.one(LANDMARKS);
        yield new Fact(landmark.subject(), landmark.object(), group);
      }
      case LITERAL, MANY_KEYS -> new Fact(group, group, choices.one(values));
    };
  }

  /** Further facts; no two share a person or a word. */
  List<Fact> others(Fact fact, int count, Choices choices) {
    List<Fact> others = new ArrayList<>();
    if (count == 0) {
      return others;
    }
    List<String> people = choices.distinct(without(names, fact.key()), count);
    List<String> words = choices.distinct(without(values, fact.value()), count);
    for (int i = 0; i < count; i++) {
      others.add(new Fact(people.get(i), people.get(i), words.get(i)));
    }
    return others;
  }

  /** A value that no needle has. */
  String otherValue(Fact fact, List<Fact> others, Choices choices) {
    List<String> used = new ArrayList<>(others.stream().map(Fact::value).toList());
    used.add(fact.value());
    return choices.anyOf(values.stream().filter(value -> !used.contains(value)).toList());
  }

  /** The most tokens that needles and question have. */
  int longest(Filler filler) {
    List<Fact> facts =
        switch (kind) {
          case NON_LITERAL ->
              LANDMARKS.stream().map(l -> new Fact(l.subject(), l.object(), names.get(0))).toList();
          case PASSKEY -> List.of(new Fact("", "", values.get(0)));
          case LITERAL, MANY_KEYS -> List.of(new Fact(names.get(0), names.get(0), values.get(0)));
        };
    return facts.stream()
        .mapToInt(
            fact ->
                keys * filler.count(kind.needle(fact, "").text())
                    + filler.count(kind.question(fact).text()))
        .max()
        .orElseThrow();
  }

  private static List<String> numbers() {
    return IntStream.rangeClosed(10, 99).mapToObj(Integer::toString).toList();
  }

  private static List<String> without(List<String> words, String word) {
    return words.stream().filter(other -> !other.equals(word)).toList();
  }
}
