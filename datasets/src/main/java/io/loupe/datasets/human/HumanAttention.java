package io.loupe.datasets.human;

import io.loupe.datasets.TextSpan;
import io.loupe.datasets.align.TokenOffsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * How much people attended to parts of a text. Two kinds: an amount, such as milliseconds of gaze
 * on a word, which is shared out among the word's tokens by characters; and a level, such as the
 * part of the annotators who marked a character, which each token has as the mean over its
 * characters.
 *
 * @param textId which text
 * @param text the text
 * @param measure what was measured, such as {@code TRT}; with its unit
 * @param readers the people it is the mean over
 * @param kind whether values are amounts or levels
 * @param spans the parts, such as words
 * @param values one for each part, 0 or more; NaN where nothing was measured
 */
public record HumanAttention(
    String textId,
    String text,
    String measure,
    Set<String> readers,
    Kind kind,
    List<TextSpan> spans,
    List<Double> values) {
  /** What happens to a value when its part is cut into tokens. */
  public enum Kind {
    /** It is shared out. */
    AMOUNT,
    /** Each token has it. */
    LEVEL
  }

  public HumanAttention {
    readers = Set.copyOf(readers);
    spans = List.copyOf(spans);
    values = List.copyOf(values);
    if (spans.size() != values.size()) {
      throw new IllegalArgumentException(
          "Expected a value for each of %d parts, got %d".formatted(spans.size(), values.size()));
    }
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) < 0 || values.get(i).isInfinite()) {
        throw new IllegalArgumentException(
            "Expected values of 0 or more, or NaN where nothing was measured, got %s for part %d"
                .formatted(values.get(i), i));
      }
      if (spans.get(i).end() > text.length()) {
        throw new IllegalArgumentException(
            spans.get(i) + " ends behind the text, which has " + text.length() + " characters");
      }
    }
  }

  /**
   * Returns the mean over people who read the same text.
   *
   * @param readings each of other readers; where some were not measured, the mean is over the
   *     others
   * @throws IllegalArgumentException if texts, measures or parts differ, or a reader is there twice
   */
  public static HumanAttention mean(List<HumanAttention> readings) {
    if (readings.isEmpty()) {
      throw new IllegalArgumentException("A mean needs a reading");
    }
    HumanAttention first = readings.get(0);
    Set<String> readers = new HashSet<>();
    for (HumanAttention reading : readings) {
      boolean same =
          reading.text.equals(first.text)
              && reading.measure.equals(first.measure)
              && reading.kind == first.kind
              && reading.spans.equals(first.spans);
      if (!same) {
        throw new IllegalArgumentException(
            "Expected readings of one text with the same parts and measure, got %s and %s"
                .formatted(first, reading));
      }
      for (String reader : reading.readers) {
        if (!readers.add(reader)) {
          throw new IllegalArgumentException("Reader '" + reader + "' is there twice");
        }
      }
    }
    List<Double> means =
        IntStream.range(0, first.spans.size())
            .mapToObj(
                i ->
                    readings.stream()
                        .mapToDouble(reading -> reading.values.get(i))
                        .filter(value -> !Double.isNaN(value))
                        .average()
                        .orElse(Double.NaN))
            .toList();
    return new HumanAttention(
        first.textId, first.text, first.measure, readers, first.kind, first.spans, means);
  }

  /**
   * Returns the values of a tokenizer's tokens; NaN for a token that is in no part or in one that
   * was not measured.
   *
   * @return [token]
   */
  public double[] tokens(TokenOffsets tokens) {
    int[][] offsets = tokens.of(text);
    double[] chars = new double[text.length()];
    boolean[] known = new boolean[text.length()];
    for (int i = 0; i < spans.size(); i++) {
      TextSpan span = spans.get(i);
      double each = values.get(i) / (kind == Kind.AMOUNT ? span.length() : 1);
      for (int c = span.start(); c < span.end(); c++) {
        chars[c] += each;
        known[c] = true;
      }
    }
    // several tokens may spell one character, as bytes do: an amount is shared among them
    int[] spelt = new int[text.length()];
    for (int[] token : offsets) {
      for (int c = token[0]; c < token[1]; c++) {
        spelt[c]++;
      }
    }
    return Arrays.stream(offsets).mapToDouble(token -> value(token, chars, known, spelt)).toArray();
  }

  /** Returns the values of the parts; [part]. */
  public double[] array() {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  @Override
  public String toString() {
    return "%s of text '%s': %d parts, %d not measured, mean over the readers %s"
        .formatted(
            measure,
            textId,
            spans.size(),
            values.stream().filter(value -> value.isNaN()).count(),
            new TreeSet<>(readers));
  }

  private double value(int[] token, double[] chars, boolean[] known, int[] spelt) {
    double sum = 0;
    int count = 0;
    for (int c = token[0]; c < token[1]; c++) {
      if (known[c]) {
        sum += kind == Kind.AMOUNT ? chars[c] / spelt[c] : chars[c];
        count++;
      }
    }
    if (count == 0) {
      return Double.NaN;
    }
    return kind == Kind.AMOUNT ? sum : sum / count;
  }
}
