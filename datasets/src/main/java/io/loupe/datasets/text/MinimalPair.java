package io.loupe.datasets.text;

import io.loupe.datasets.Prompt;

/**
 * Two sentences that differ in little, of which one is grammatical.
 *
 * @param good the grammatical one
 * @param bad the other
 * @param paradigm what is tested, such as {@code npi_present_1}
 * @param term the phenomenon, such as {@code npi_licensing}
 * @param field such as {@code syntax}
 * @param id its number in the paradigm
 */
public record MinimalPair(
    String good, String bad, String paradigm, String term, String field, String id) {
  /** Returns the number of characters, whole words, with which both begin. */
  public int commonPrefix() {
    int end = Math.min(good.length(), bad.length());
    int at = 0;
    while (at < end && good.charAt(at) == bad.charAt(at)) {
      at++;
    }
    return good.lastIndexOf(' ', at - 1) + 1;
  }

  /** Returns the good sentence; what differs, to its end, is the span {@code rest}. */
  public Prompt goodPrompt() {
    return marked(good);
  }

  /** Returns the bad sentence; what differs, to its end, is the span {@code rest}. */
  public Prompt badPrompt() {
    return marked(bad);
  }

  private Prompt marked(String sentence) {
    int start = commonPrefix();
    return start < sentence.length()
        ? Prompt.of(sentence).mark("rest", start, sentence.length())
        : Prompt.of(sentence);
  }
}
