package io.loupe.datasets.align;

import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Where a tokenizer's tokens stand in a text. The workbench's tokenizer is one lambda away:
 *
 * <pre>{@code
 * TokenOffsets offsets = text -> tokenizer.encodeWithOffsets(text, false).spans().stream()
 *     .map(span -> new int[] {span.start(), span.end()}).toArray(int[][]::new);
 * }</pre>
 */
@FunctionalInterface
public interface TokenOffsets {
  /**
   * Returns the characters of each token, as indices of Java chars.
   *
   * @return [token][2], first character and the one behind the last; both equal for a token that
   *     stands for no characters, such as one that begins a text. Tokens may overlap and may
   *     include the space before a word
   */
  int[][] of(String text);

  /**
   * Returns offsets for looking at alignments without a model: a token is a run of letters with the
   * space before it, two digits of a number, or one other character.
   */
  static TokenOffsets words() {
    Pattern token = Pattern.compile(" ?\\p{L}+| ?\\p{Nd}{1,2}| ?[^\\s]|\\s");
    return text ->
        token
            .matcher(text)
            .results()
            .map((MatchResult match) -> new int[] {match.start(), match.end()})
            .toArray(int[][]::new);
  }
}
