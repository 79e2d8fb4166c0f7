package io.loupe.probes.data;

/**
 * Where an example stands: some tokens of one text.
 *
 * @param row the text, from 0
 * @param start position of its first token, counted over the text's own tokens
 * @param end position behind its last token
 * @param group what must not be in two splits: sentence, entity, template
 * @param type what a control task gives one random label to (Hewitt and Liang 2019): the word's
 *     form
 */
public record Example(int row, int start, int end, String group, String type) {
  public Example {
    if (row < 0 || start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "An example has at least one token: 0 <= start < end in a row from 0; got row %d, [%d, %d)"
              .formatted(row, start, end));
    }
  }
}
