package io.loupe.datasets.words;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The word lists. They were written for this project; {@code SOURCE.txt} beside them says so. Every
 * list is unmodifiable and has no word twice.
 */
public final class Words {
  /**
   * A first name.
   *
   * @param text the name
   * @param pronoun {@code he} or {@code she}
   */
  public record Name(String text, String pronoun) {}

  /**
   * A countable noun.
   *
   * @param kind {@code person}, {@code animal}, {@code thing} or {@code place}
   */
  public record Noun(String singular, String plural, String kind) {}

  /**
   * A verb.
   *
   * @param base as in "they walk"
   * @param present as in "she walks"
   * @param past as in "she walked"
   */
  public record Verb(String base, String present, String past) {}

  /**
   * A country.
   *
   * @param language the one that most people there speak
   */
  public record Country(String name, String capital, String continent, String language) {}

  /** A pair of words that stand in some relation. */
  public record WordPair(String subject, String object) {}

  private static final List<Name> NAMES =
      WordTable.rows("names", 2).stream().map(row -> new Name(row.get(0), row.get(1))).toList();
  private static final List<Noun> NOUNS =
      WordTable.rows("nouns", 3).stream()
          .map(row -> new Noun(row.get(0), row.get(1), row.get(2)))
          .toList();
  private static final List<Verb> VERBS =
      WordTable.rows("verbs", 3).stream()
          .map(row -> new Verb(row.get(0), row.get(1), row.get(2)))
          .toList();
  private static final List<Country> COUNTRIES =
      WordTable.rows("countries", 4).stream()
          .map(row -> new Country(row.get(0), row.get(1), row.get(2), row.get(3)))
          .toList();
  private static final List<String> EVENTS =
      WordTable.rows("events", 1).stream().map(row -> row.get(0)).toList();
  private static final List<String> COLOURS =
      List.of(
          "red", "blue", "green", "yellow", "black", "white", "brown", "pink", "purple", "gray",
          "silver", "gold");

  private Words() {}

  /** Returns first names of one word, as many of women as of men. */
  public static List<Name> names() {
    return NAMES;
  }

  /** Returns countable nouns of these kinds. */
  public static List<Noun> nouns(String... kinds) {
    Set<String> wanted = Set.of(kinds);
    return NOUNS.stream().filter(noun -> wanted.contains(noun.kind())).toList();
  }

  /** Returns the singulars of the nouns of these kinds that take the article "a". */
  public static List<String> withArticleA(String... kinds) {
    return nouns(kinds).stream()
        .map(Noun::singular)
        .filter(word -> "aeiou".indexOf(word.charAt(0)) < 0)
        .toList();
  }

  /** Returns common verbs with their forms. */
  public static List<Verb> verbs() {
    return VERBS;
  }

  /** Returns countries with facts about them. */
  public static List<Country> countries() {
    return COUNTRIES;
  }

  /** Returns nouns for what lasts from one year to another. */
  public static List<String> events() {
    return EVENTS;
  }

  /** Returns colours that take the article "a". */
  public static List<String> colours() {
    return COLOURS;
  }

  /** Returns words with their opposites. */
  public static List<WordPair> opposites() {
    return pairs("opposites");
  }

  /** Returns animals with what their young are called. */
  public static List<WordPair> young() {
    return pairs("young");
  }

  /** Returns places of work with who works there. */
  public static List<WordPair> jobs() {
    return pairs("jobs");
  }

  /** Returns adjectives with {@code positive} or {@code negative}, as many of each. */
  public static List<WordPair> feelings() {
    return pairs("feelings");
  }

  /** Returns categories with their members; no member is in two. */
  public static Map<String, List<String>> categories() {
    Map<String, List<String>> members = new LinkedHashMap<>();
    for (WordPair pair : pairs("categories")) {
      members.computeIfAbsent(pair.subject(), category -> new ArrayList<>()).add(pair.object());
    }
    return members;
  }

  private static List<WordPair> pairs(String table) {
    return WordTable.rows(table, 2).stream()
        .map(row -> new WordPair(row.get(0), row.get(1)))
        .toList();
  }
}
