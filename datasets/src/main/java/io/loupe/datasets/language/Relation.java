package io.loupe.datasets.language;

import io.loupe.datasets.task.Template;
import io.loupe.datasets.words.Words;
import io.loupe.datasets.words.Words.WordPair;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/** A relation between two words, with sentences that ask for the second. */
public enum Relation {
  /** A country's capital. */
  CAPITAL(
      countries(Words.Country::capital),
      "The capital of {subject} is",
      "If you visit the capital of {subject}, you are in",
      "The government of {subject} has its seat in"),
  /** The country that a city is the capital of. */
  COUNTRY(
      Words.countries().stream().map(c -> new WordPair(c.capital(), c.name())),
      "The city of {subject} is the capital of",
      "People who live in {subject} live in the country of",
      "The city of {subject} lies in"),
  /** A country's continent. */
  CONTINENT(
      countries(Words.Country::continent),
      "The country of {subject} is in",
      "The continent of {subject} is",
      "If you are in {subject}, you are in"),
  /** The language that most people in a country speak. */
  LANGUAGE(
      countries(Words.Country::language),
      "In {subject}, most people speak",
      "The language of {subject} is",
      "People from {subject} speak"),
  /** A verb's past tense. */
  PAST(
      Words.verbs().stream().map(v -> new WordPair(v.base(), v.past())),
      "Today they {subject}. Yesterday they",
      "The past tense of {subject} is",
      "Now I {subject}, but before I"),
  /** A noun's plural. */
  PLURAL(
      Words.nouns("person", "animal", "thing", "place").stream()
          .map(n -> new WordPair(n.singular(), n.plural())),
      "One {subject}, two",
      "The plural of {subject} is",
      "I have one {subject} and you have three"),
  /** A word's opposite. */
  OPPOSITE(
      Words.opposites().stream(),
      "The opposite of {subject} is",
      "It is not {subject}, it is",
      "The word {subject} means the opposite of"),
  /** What an animal's young is called. */
  YOUNG(
      Words.young().stream(),
      "A young {subject} is called a",
      "The child of a {subject} is a",
      "Soon the {subject} had a little"),
  /** Who works at a place. */
  WORKER(
      Words.jobs().stream(),
      "Who works in the {subject}? The",
      "In the {subject} we met the",
      "She worked in the {subject} and was a good");

  private final List<WordPair> facts;
  private final List<Template> templates;

  Relation(Stream<WordPair> facts, String... templates) {
    this.facts = facts.filter(fact -> !fact.subject().equals(fact.object())).toList();
    this.templates = Template.all(templates);
  }

  /** Returns the facts, each with another subject. */
  public List<WordPair> facts() {
    return facts;
  }

  /** Returns the sentences. */
  public List<Template> templates() {
    return templates;
  }

  /** Returns the name of its task, such as {@code relation-capital}. */
  public String taskName() {
    return "relation-" + name().toLowerCase(Locale.ROOT);
  }

  private static Stream<WordPair> countries(Function<Words.Country, String> object) {
    return Words.countries().stream().map(c -> new WordPair(c.name(), object.apply(c)));
  }
}
