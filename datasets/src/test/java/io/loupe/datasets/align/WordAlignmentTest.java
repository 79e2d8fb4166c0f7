package io.loupe.datasets.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.TextSpan;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Treebank;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class WordAlignmentTest {
  private static final Offset<Double> EXACT = within(1e-12);
  private static final String TEXT = "I don't, Zoë!";

  /** I | do | n't | , | Zoë | ! as Universal Dependencies cut it. */
  private static final List<TextSpan> WORDS = spans(0, 1, 2, 4, 4, 7, 7, 8, 9, 12, 12, 13);

  /** Begin | I | " don" | ' | t, | " Zo" | first byte of ë | second byte of ë | ! as BPE might. */
  private static final TokenOffsets TOKENS =
      text -> pairs(0, 0, 0, 1, 1, 5, 5, 6, 6, 8, 8, 11, 11, 12, 11, 12, 12, 13);

  private final WordAlignment alignment = WordAlignment.of(TEXT, WORDS, TOKENS);

  private static List<TextSpan> spans(int... ends) {
    return IntStream.range(0, ends.length / 2)
        .mapToObj(i -> new TextSpan("w" + i, ends[2 * i], ends[2 * i + 1]))
        .toList();
  }

  private static int[][] pairs(int... ends) {
    return IntStream.range(0, ends.length / 2)
        .mapToObj(i -> new int[] {ends[2 * i], ends[2 * i + 1]})
        .toArray(int[][]::new);
  }

  @Test
  void wordsHaveTheTokensTheyShareCharactersWith() {
    assertThat(alignment.tokensOf(0)).containsExactly(1);
    assertThat(alignment.tokensOf(1)).containsExactly(2); // do
    assertThat(alignment.tokensOf(2)).containsExactly(2, 3, 4); // n't: " don", "'" and "t,"
    assertThat(alignment.tokensOf(3)).containsExactly(4);
    assertThat(alignment.tokensOf(4)).containsExactly(5, 6, 7);
    assertThat(alignment.last(4)).isEqualTo(7);
    assertThat(alignment.first(2)).isEqualTo(2);
    assertThat(alignment.wordsOf(0)).isEmpty();
    assertThat(alignment.wordsOf(2)).containsExactly(1, 2);
    assertThat(alignment.shared()).containsExactly(2, 4);
    assertThat(alignment.toString()).isEqualTo("6 words in 9 tokens, 2 of them shared");
  }

  @Test
  void poolsByHand() {
    double[] values = {5, 1, 3, 4, 2, 6, 8, 10, 7};
    assertThat(alignment.toWords(values, Pooling.FIRST)).containsExactly(1, 3, 3, 2, 6, 7);
    assertThat(alignment.toWords(values, Pooling.LAST)).containsExactly(1, 3, 2, 2, 10, 7);
    assertThat(alignment.toWords(values, Pooling.MEAN)).containsExactly(1, 3, 3, 2, 8, 7);
    assertThat(alignment.toWords(values, Pooling.MAX)).containsExactly(1, 3, 4, 2, 10, 7);
    // " don" is 2/3 of "do", 1/3 of "n't"; "t," half and half
    assertThat(alignment.toWords(values, Pooling.SUM))
        .containsExactly(new double[] {1, 2, 1 + 4 + 1, 1, 24, 7}, EXACT);
  }

  @Test
  void wordsAreSharedOutByCharacters() {
    double[] tokens = alignment.toTokens(new double[] {1, 2, 3, 4, 5, 6});
    // "Zoë" has 2 characters in " Zo" and one in each byte of ë
    assertThat(tokens)
        .containsExactly(new double[] {0, 1, 2 + 1, 1, 1 + 4, 2.5, 1.25, 1.25, 6}, EXACT);
    assertThat(Arrays.stream(tokens).sum()).isCloseTo(21, EXACT);
  }

  @Test
  void attentionIsSummedOverKeysAndMeantOverQueries() {
    double[][] pattern = new double[9][9];
    Random random = new Random(1);
    for (double[] row : pattern) {
      Arrays.setAll(row, i -> random.nextDouble());
      double sum = Arrays.stream(row).sum();
      Arrays.setAll(row, i -> row[i] / sum);
    }
    double[][] words = alignment.attention(pattern);
    // Zoë to "do": mean over tokens 5, 6, 7 of 2/3 of " don"
    assertThat(words[4][1])
        .isCloseTo((pattern[5][2] + pattern[6][2] + pattern[7][2]) / 3 * 2 / 3, EXACT);
    assertThat(Arrays.stream(words[0]).sum()).isCloseTo(1 - pattern[1][0], EXACT);
  }

  @Test
  void oneTokenAWordChangesNothing() {
    WordAlignment same = WordAlignment.of("a b", spans(0, 1, 2, 3), text -> pairs(0, 1, 1, 3));
    double[] values = {0.25, 0.75};
    for (Pooling pooling : Pooling.values()) {
      assertThat(same.toWords(values, pooling)).containsExactly(values);
    }
    assertThat(same.toTokens(values)).containsExactly(values);
    assertThat(same.attention(new double[][] {{1, 0}, {0.5, 0.5}}))
        .isDeepEqualTo(new double[][] {{1, 0}, {0.5, 0.5}});
  }

  @Test
  void everyTreebankSentenceAligns() {
    for (Sentence sentence : Treebank.shipped()) {
      WordAlignment words = sentence.align(TokenOffsets.words());
      double[] ones = new double[words.words()];
      Arrays.fill(ones, 1);
      assertThat(Arrays.stream(words.toTokens(ones)).sum())
          .isCloseTo(sentence.size(), within(1e-9));
    }
  }

  @Test
  void badInputIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WordAlignment.of("a b", spans(0, 1, 2, 3), text -> pairs(0, 1)))
        .withMessageContaining("No token spells word 1, \"b\" at 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WordAlignment.of("a", spans(0, 1), text -> pairs(0, 2)))
        .withMessageContaining("got [0, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WordAlignment.of("a", spans(0, 2), text -> pairs(0, 1)))
        .withMessageContaining("ends behind the text");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> alignment.toWords(new double[6], Pooling.SUM))
        .withMessageContaining("each of 9 tokens, got 6");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> alignment.tokensOf(6))
        .withMessageContaining("words 0 to 5, got 6");
  }
}
