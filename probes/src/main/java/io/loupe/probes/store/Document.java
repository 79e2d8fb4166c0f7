package io.loupe.probes.store;

import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One text of a corpus as the model reads it: its tokens, and any number of labels of each token.
 * Immutable.
 */
public final class Document {
  private final String id;
  private final long[] tokens;
  private final Map<String, List<String>> labels;

  private Document(String id, long[] tokens, Map<String, List<String>> labels) {
    this.id = id;
    this.tokens = tokens;
    this.labels = labels;
  }

  /**
   * Makes a document without labels; the tokens are copied.
   *
   * @param id what it is called in the store; no two documents of a corpus share one
   * @param tokens as the model takes them, special tokens included; at least one
   */
  public static Document of(String id, long... tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("Document '%s' has no tokens; leave it out".formatted(id));
    }
    return new Document(id, tokens.clone(), Map.of());
  }

  /** Makes a document of each row of a batch, called {@code 0}, {@code 1}, ... */
  public static List<Document> rows(Tokens tokens) {
    List<Document> documents = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      documents.add(of(String.valueOf(row), tokens.row(row)));
    }
    return documents;
  }

  /**
   * Cuts a long text into pieces, called {@code id#0}, {@code id#1}, ...; each is a document of its
   * own, whose positions begin at 0.
   *
   * @param length tokens of a piece; the last may have fewer
   */
  public static List<Document> pieces(String id, long[] tokens, int length) {
    if (length < 1) {
      throw new IllegalArgumentException("A piece has at least 1 token; got " + length);
    }
    List<Document> pieces = new ArrayList<>();
    for (int from = 0; from < tokens.length; from += length) {
      int to = Math.min(tokens.length, from + length);
      pieces.add(of(id + "#" + pieces.size(), Arrays.copyOfRange(tokens, from, to)));
    }
    return pieces;
  }

  /**
   * Returns this document with a label for each token.
   *
   * @param name of the kind of label, such as {@code pos}
   * @param perToken one for each token; an empty text where a token has none
   * @throws IllegalArgumentException if there are more or fewer labels than tokens
   */
  public Document label(String name, List<String> perToken) {
    if (perToken.size() != tokens.length) {
      throw new IllegalArgumentException(
          "Document '%s' has %d tokens and %d labels '%s': give one for each token, an empty text for none"
              .formatted(id, tokens.length, perToken.size(), name));
    }
    if (!name.matches("\\w+")) {
      throw new IllegalArgumentException(
          "A label is named by letters, digits and underscores; got '%s'".formatted(name));
    }
    Map<String, List<String>> all = new TreeMap<>(labels);
    all.put(name, List.copyOf(perToken));
    return new Document(id, tokens, all);
  }

  public String id() {
    return id;
  }

  /** Returns the number of tokens. */
  public int length() {
    return tokens.length;
  }

  /** Returns a copy of the tokens. */
  public long[] tokens() {
    return tokens.clone();
  }

  /** Returns the labels by kind, each [token]. */
  public Map<String, List<String>> labels() {
    return Map.copyOf(labels);
  }

  @Override
  public String toString() {
    return "Document[%s, %d tokens%s]"
        .formatted(id, tokens.length, labels.isEmpty() ? "" : ", labels " + labels.keySet());
  }
}
