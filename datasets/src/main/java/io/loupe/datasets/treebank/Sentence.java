package io.loupe.datasets.treebank;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.align.TokenOffsets;
import io.loupe.datasets.align.WordAlignment;
import io.loupe.datasets.task.Split;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A sentence with its dependency tree.
 *
 * @param id the file's {@code sent_id}, or file and line if it has none
 * @param document the file's {@code newdoc id}; empty if it has none
 * @param split the publishers' split
 * @param text the text, as it was written
 * @param words the words, in order
 * @param multiword the tokens that stand for several words
 * @param empty the words that are understood and not written
 */
public record Sentence(
    String id,
    String document,
    Split split,
    String text,
    List<Word> words,
    List<MultiwordToken> multiword,
    List<EmptyNode> empty) {
  public Sentence {
    words = List.copyOf(words);
    multiword = List.copyOf(multiword);
    empty = List.copyOf(empty);
  }

  /** Returns the number of words. */
  public int size() {
    return words.size();
  }

  /**
   * Returns a word by its id.
   *
   * @param id from 1
   * @throws IllegalArgumentException if there is none
   */
  public Word word(int id) {
    if (id < 1 || id > words.size()) {
      throw new IllegalArgumentException(
          "Sentence %s has words 1 to %d, got %d".formatted(this.id, words.size(), id));
    }
    return words.get(id - 1);
  }

  /** Returns the word that depends on none. */
  public Word root() {
    return words.stream().filter(word -> word.head() == 0).findFirst().orElseThrow();
  }

  /** Returns the text with each word marked by its id: the spans {@code 1}, {@code 2}, ... */
  public Prompt prompt() {
    return new Prompt(text, spans());
  }

  /** Returns the words' characters, named by their ids. */
  public List<TextSpan> spans() {
    return words.stream()
        .map(word -> new TextSpan(String.valueOf(word.id()), word.start(), word.end()))
        .toList();
  }

  /**
   * Aligns the words with a tokenizer's tokens; word {@code i} of the alignment is the one of id
   * {@code i + 1}.
   *
   * @throws IllegalArgumentException if a word has no token
   */
  public WordAlignment align(TokenOffsets tokens) {
    return WordAlignment.of(text, spans(), tokens);
  }

  /**
   * Returns the index of each word's head among {@link #words}, -1 for the root; [word]. With
   * {@link WordAlignment#attention} it says whether a head's attention goes to heads (Clark et al.
   * 2019).
   */
  public int[] heads() {
    return words.stream().mapToInt(word -> word.head() - 1).toArray();
  }

  /** Returns how far below the root each word is: 0 for the root; [word]. */
  public int[] depths() {
    return words.stream().mapToInt(this::depth).toArray();
  }

  /**
   * Returns the number of edges between each two words in the tree, as structural probes ask for
   * (Hewitt and Manning 2019); [word][word].
   */
  public int[][] distances() {
    int[][] distances = new int[size()][size()];
    for (int a = 0; a < size(); a++) {
      for (int b = 0; b < a; b++) {
        distances[a][b] = distance(a + 1, b + 1);
        distances[b][a] = distances[a][b];
      }
    }
    return distances;
  }

  @Override
  public String toString() {
    return words.stream()
        .map(word -> word.form() + "/" + word.upos())
        .collect(Collectors.joining(" "));
  }

  private int depth(Word word) {
    int depth = 0;
    for (int head = word.head(); head != 0; head = word(head).head()) {
      depth++;
    }
    return depth;
  }

  private int distance(int a, int b) {
    int steps = 0;
    int depthA = depth(word(a));
    int depthB = depth(word(b));
    int one = a;
    int other = b;
    while (one != other) {
      if (depthA >= depthB) {
        one = word(one).head();
        depthA--;
      } else {
        other = word(other).head();
        depthB--;
      }
      steps++;
    }
    return steps;
  }
}
