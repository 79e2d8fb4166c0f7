package io.loupe.datasets.text;

import io.loupe.datasets.task.Split;

/**
 * An article of Wikipedia.
 *
 * @param title the title, tokenised as the text is
 * @param text the text as published, with headings: tokens between spaces, {@code <unk>} for rare
 *     words, {@code @-@}, {@code @,@} and {@code @.@} inside of words and numbers
 * @param split the publishers' split
 */
public record Article(String title, String text, Split split) {
  /** Returns the number of tokens between spaces. */
  public int words() {
    return (int) text.lines().mapToLong(Article::count).sum();
  }

  private static long count(String line) {
    return line.isBlank() ? 0 : line.strip().split("\\s+").length;
  }
}
