package io.loupe.probes.structure;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.stream.IntStream;

/**
 * A tree over consecutive examples, such as the words of a sentence.
 *
 * @param first the example that the first word is
 * @param heads the word that each word depends on, counted from 0; -1 for the one root; kept
 * @param counted which words are scored; punctuation, by custom, is not; kept
 */
public record Tree(int first, int[] heads, boolean[] counted) {
  public Tree {
    if (heads.length != counted.length || heads.length < 2) {
      throw new IllegalArgumentException(
          "A tree has at least two words, each with a head; got %d words with %d marks"
              .formatted(heads.length, counted.length));
    }
    if (Arrays.stream(heads).filter(head -> head == -1).count() != 1) {
      throw new IllegalArgumentException(
          "A tree has one root, whose head is -1; got heads " + Arrays.toString(heads));
    }
    for (int word = 0; word < heads.length; word++) {
      int at = word;
      for (int steps = 0; at != -1; steps++) {
        if (at < 0 || at >= heads.length || steps > heads.length) {
          throw new IllegalArgumentException(
              "Word %d does not hang on the root: heads %s"
                  .formatted(word, Arrays.toString(heads)));
        }
        at = heads[at];
      }
    }
  }

  /** Returns the number of words. */
  public int size() {
    return heads.length;
  }

  /** Returns the words that are scored. */
  public int[] scored() {
    return IntStream.range(0, size()).filter(word -> counted[word]).toArray();
  }

  /** Returns how many edges are between a word and the root; [word]. */
  public int[] depths() {
    int[] depths = new int[size()];
    for (int word = 0; word < depths.length; word++) {
      for (int at = heads[word]; at != -1; at = heads[at]) {
        depths[word]++;
      }
    }
    return depths;
  }

  /** Returns how many edges are between two words; [word][word]. */
  public int[][] distances() {
    int[][] distances = new int[size()][size()];
    for (int from = 0; from < size(); from++) {
      Arrays.fill(distances[from], -1);
      distances[from][from] = 0;
      Deque<Integer> reached = new ArrayDeque<>();
      reached.add(from);
      while (!reached.isEmpty()) {
        int word = reached.remove();
        for (int other = 0; other < size(); other++) {
          boolean edge = heads[other] == word || heads[word] == other;
          if (edge && distances[from][other] < 0) {
            distances[from][other] = distances[from][word] + 1;
            reached.add(other);
          }
        }
      }
    }
    return distances;
  }
}
