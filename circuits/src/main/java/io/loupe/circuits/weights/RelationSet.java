package io.loupe.circuits.weights;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.facts.Fact;
import io.loupe.datasets.language.Relation;
import io.loupe.datasets.language.Successor;
import io.loupe.datasets.words.Words.WordPair;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Pairs of single tokens that stand in a relation, such as a country and its capital.
 *
 * @param name of the relation
 * @param pairs source and target
 * @param leftOut words that a tokenizer splits, so that their pairs are not here
 */
public record RelationSet(String name, List<Pair> pairs, List<String> leftOut)
    implements Displayable {
  private static final int FEWEST = 5;

  public RelationSet {
    pairs = List.copyOf(pairs);
    leftOut = List.copyOf(leftOut);
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException("Relation '%s' has no pair".formatted(name));
    }
  }

  /**
   * Two tokens.
   *
   * @param source the token that a head attends to
   * @param target the token that it should raise
   * @param text for people
   */
  public record Pair(long source, long target, String text) {}

  /**
   * Makes a relation of pairs of words. Each is taken with its leading space; pairs of words that
   * are more than one token are left out.
   *
   * @param words at least 5 pairs of single tokens must remain
   * @throws IllegalArgumentException if fewer do, naming words that were split
   */
  public static RelationSet of(String name, List<WordPair> words, Tokenizer tokenizer) {
    List<Pair> pairs = new ArrayList<>();
    List<String> split = new ArrayList<>();
    for (WordPair word : words) {
      OptionalLong source = tokenizer.idOf(" " + word.subject());
      OptionalLong target = tokenizer.idOf(" " + word.object());
      if (source.isPresent() && target.isPresent()) {
        String text = word.subject() + " > " + word.object();
        pairs.add(new Pair(source.getAsLong(), target.getAsLong(), text));
      } else {
        split.add(source.isEmpty() ? word.subject() : word.object());
      }
    }
    if (pairs.size() < FEWEST) {
      throw new IllegalArgumentException(
          "Relation '%s' has %d pairs of single tokens of %d; a score needs at least %d. The tokenizer splits %s. Weights alone map a token to a token: choose words that are one"
              .formatted(
                  name,
                  pairs.size(),
                  words.size(),
                  FEWEST,
                  split.subList(0, Math.min(5, split.size()))));
    }
    return new RelationSet(name, pairs, split);
  }

  /** Returns one of the relations that the tasks are made of. */
  public static RelationSet of(Relation relation, Tokenizer tokenizer) {
    return of(relation.taskName(), relation.facts(), tokenizer);
  }

  /**
   * Returns facts' subjects and objects.
   *
   * @param facts of one relation: {@code Relations.of(Relations.shipped(), "country capital city")}
   */
  public static RelationSet of(Dataset<Fact> facts, Tokenizer tokenizer) {
    List<String> names = facts.stream().map(fact -> fact.relation().name()).distinct().toList();
    if (names.size() != 1) {
      throw new IllegalArgumentException(
          "Expected the facts of one relation, got %s; take one: Relations.of(facts, \"%s\")"
              .formatted(names, names.isEmpty() ? "country capital city" : names.get(0)));
    }
    List<WordPair> words =
        facts.stream().map(fact -> new WordPair(fact.subject(), fact.object())).toList();
    return of(names.get(0), words, tokenizer);
  }

  /** Returns each part of a series with the one that follows it. */
  public static RelationSet of(Successor.Series series, Tokenizer tokenizer) {
    List<String> items = series.items();
    int count = series.isCyclic() ? items.size() : items.size() - 1;
    List<WordPair> words =
        IntStream.range(0, count)
            .mapToObj(i -> new WordPair(items.get(i), items.get((i + 1) % items.size())))
            .toList();
    return of("successor, " + series.name().toLowerCase(Locale.ROOT), words, tokenizer);
  }

  /**
   * Returns the pairs with source and target exchanged. A head that raises whatever is near its
   * source scores as high on them: it does not know the relation's direction.
   */
  public RelationSet reversed() {
    return new RelationSet(
        name + ", reversed",
        pairs.stream().map(p -> new Pair(p.target(), p.source(), p.text() + ", reversed")).toList(),
        leftOut);
  }

  /** Shows the pairs. */
  @Override
  public MimeBundle display() {
    Table table = Table.of("pair", "source", "target");
    for (Pair pair : pairs) {
      table = table.row(pair.text(), pair.source(), pair.target());
    }
    return table.display(toString());
  }

  @Override
  public String toString() {
    return "%s, %d pairs%s"
        .formatted(
            name, pairs.size(), leftOut.isEmpty() ? "" : ", " + leftOut.size() + " left out");
  }
}
