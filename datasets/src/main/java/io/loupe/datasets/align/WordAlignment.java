package io.loupe.datasets.align;

import io.loupe.datasets.TextSpan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which subword tokens spell which words. A word has the tokens with which it has a character in
 * common; spaces are no part of a word. A token can spell parts of several words, as {@code "'t"}
 * does of {@code do} and {@code n't} in "don't" where a tokenizer cuts it so.
 */
public final class WordAlignment {
  private final List<TextSpan> words;
  private final int[][] tokensOf;
  private final int[][] wordsOf;

  /** [word][index in tokensOf]: how many characters the two have in common. */
  private final int[][] common;

  /** [token]: the sum of these over the token's words. */
  private final int[] spelt;

  private WordAlignment(List<TextSpan> words, int[][] offsets, String text) {
    this.words = List.copyOf(words);
    this.tokensOf = new int[words.size()][];
    this.common = new int[words.size()][];
    this.spelt = new int[offsets.length];
    List<List<Integer>> byToken = new ArrayList<>();
    Arrays.stream(offsets).forEach(token -> byToken.add(new ArrayList<>()));
    for (int w = 0; w < words.size(); w++) {
      TextSpan word = words.get(w);
      tokensOf[w] =
          IntStream.range(0, offsets.length).filter(t -> common(word, offsets[t]) > 0).toArray();
      common[w] = Arrays.stream(tokensOf[w]).map(t -> common(word, offsets[t])).toArray();
      if (tokensOf[w].length == 0) {
        throw new IllegalArgumentException(
            "No token spells word %d, \"%s\" at %d, of \"%s\""
                .formatted(w, text.substring(word.start(), word.end()), word.start(), text));
      }
      for (int i = 0; i < tokensOf[w].length; i++) {
        byToken.get(tokensOf[w][i]).add(w);
        spelt[tokensOf[w][i]] += common[w][i];
      }
    }
    this.wordsOf =
        byToken.stream()
            .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
  }

  /**
   * Aligns words with the tokens of their text.
   *
   * @param words the words' characters; they may overlap
   * @throws IllegalArgumentException if a word has no token, a word is not in the text, or the
   *     offsets are none
   */
  public static WordAlignment of(String text, List<TextSpan> words, TokenOffsets tokens) {
    int[][] offsets = tokens.of(text);
    for (int[] token : offsets) {
      if (token.length != 2 || token[0] < 0 || token[1] < token[0] || token[1] > text.length()) {
        throw new IllegalArgumentException(
            "Expected offsets [start, end) in a text of %d characters, got %s"
                .formatted(text.length(), Arrays.toString(token)));
      }
    }
    for (TextSpan word : words) {
      if (word.end() > text.length()) {
        throw new IllegalArgumentException(
            word + " ends behind the text, which has " + text.length() + " characters");
      }
    }
    return new WordAlignment(words, offsets, text);
  }

  /** Returns the number of words. */
  public int words() {
    return words.size();
  }

  /** Returns the number of tokens, those in no word included. */
  public int tokens() {
    return wordsOf.length;
  }

  /** Returns the words' characters. */
  public List<TextSpan> spans() {
    return words;
  }

  /** Returns the tokens of a word, ascending; at least one. */
  public int[] tokensOf(int word) {
    return tokensOf[checked(word, "word", words.size())].clone();
  }

  /** Returns the first token of a word. */
  public int first(int word) {
    return tokensOf(word)[0];
  }

  /** Returns the last token of a word: where a causal model has read all of it. */
  public int last(int word) {
    int[] tokens = tokensOf(word);
    return tokens[tokens.length - 1];
  }

  /** Returns the words of a token, ascending; none for a space or a special token. */
  public int[] wordsOf(int token) {
    return wordsOf[checked(token, "token", wordsOf.length)].clone();
  }

  /** Returns the tokens that spell parts of more than one word. */
  public int[] shared() {
    return IntStream.range(0, wordsOf.length).filter(t -> wordsOf[t].length > 1).toArray();
  }

  /** Returns each word's value from those of the tokens; [token] to [word]. */
  public double[] toWords(double[] perToken, Pooling pooling) {
    requireLength(perToken.length, tokens(), "token");
    return IntStream.range(0, words()).mapToDouble(w -> pooled(w, perToken, pooling)).toArray();
  }

  /**
   * Returns each token's value from those of the words: a word's is shared out among its tokens by
   * characters, so that the sum stays; [word] to [token]. NaN stays NaN. A token in no word gets 0.
   */
  public double[] toTokens(double[] perWord) {
    requireLength(perWord.length, words(), "word");
    double[] perToken = new double[tokens()];
    for (int w = 0; w < words(); w++) {
      double all = Arrays.stream(common[w]).sum();
      for (int i = 0; i < tokensOf[w].length; i++) {
        perToken[tokensOf[w][i]] += perWord[w] * common[w][i] / all;
      }
    }
    return perToken;
  }

  /**
   * Returns attention between words from attention between tokens, as Clark et al. 2019 (What does
   * BERT look at?): attention to a word is the sum over its tokens, attention from it the mean.
   *
   * @param pattern [query token][key token]
   * @return [query word][key word]; a row sums to less than 1 by what special tokens get
   */
  public double[][] attention(double[][] pattern) {
    requireLength(pattern.length, tokens(), "token");
    double[][] toWords = new double[tokens()][];
    for (int t = 0; t < tokens(); t++) {
      toWords[t] = toWords(pattern[t], Pooling.SUM);
    }
    double[][] between = new double[words()][words()];
    for (int q = 0; q < words(); q++) {
      for (int t : tokensOf[q]) {
        for (int k = 0; k < words(); k++) {
          between[q][k] += toWords[t][k] / tokensOf[q].length;
        }
      }
    }
    return between;
  }

  @Override
  public String toString() {
    return words() + " words in " + tokens() + " tokens, " + shared().length + " of them shared";
  }

  private double pooled(int word, double[] perToken, Pooling pooling) {
    int[] tokens = tokensOf[word];
    return switch (pooling) {
      case FIRST -> perToken[tokens[0]];
      case LAST -> perToken[tokens[tokens.length - 1]];
      case MEAN -> Arrays.stream(tokens).mapToDouble(t -> perToken[t]).sum() / tokens.length;
      case MAX -> Arrays.stream(tokens).mapToDouble(t -> perToken[t]).reduce(Math::max).orElse(0);
      case SUM ->
          IntStream.range(0, tokens.length)
              .mapToDouble(i -> perToken[tokens[i]] * common[word][i] / spelt[tokens[i]])
              .sum();
    };
  }

  private static int common(TextSpan word, int[] token) {
    return Math.min(word.end(), token[1]) - Math.max(word.start(), token[0]);
  }

  private static int checked(int index, String what, int count) {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException(
          "There are %ss 0 to %d, got %d".formatted(what, count - 1, index));
    }
    return index;
  }

  private static void requireLength(int got, int expected, String what) {
    if (got != expected) {
      throw new IllegalArgumentException(
          "Expected a value for each of %d %ss, got %d".formatted(expected, what, got));
    }
  }
}
