package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.ShippedModels;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.align.TokenOffsets;
import io.loupe.datasets.align.WordAlignment;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Treebank;
import io.loupe.datasets.treebank.Word;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The words of a treebank in the tokens of real tokenizers, as the datasets' interface has them.
 */
class WordsInTokensTest {
  @TempDir static Path folder;
  private static Tokenizer gpt2;
  private static Tokenizer stories;

  @BeforeAll
  static void load() throws Exception {
    Vocabularies.gpt2(folder);
    gpt2 = HuggingFaceTokenizers.load(folder);
    stories = HuggingFaceTokenizers.load(ShippedModels.folder("stories260k").orElseThrow());
  }

  private static TokenOffsets offsets(Tokenizer tokenizer, boolean special) {
    return text ->
        tokenizer.encodeWithOffsets(text, special).spans().stream()
            .map(span -> new int[] {span.start(), span.end()})
            .toArray(int[][]::new);
  }

  @Test
  void aContractionIsCutOtherwise() {
    String text = "John's drink";
    List<TextSpan> words =
        List.of(new TextSpan("1", 0, 4), new TextSpan("2", 4, 6), new TextSpan("3", 7, 12));
    WordAlignment alignment = WordAlignment.of(text, words, offsets(gpt2, false));
    List<String> tokens = gpt2.tokens(gpt2.encode(text, false));
    assertThat(tokens).containsExactly("John", "'s", " drink");
    assertThat(alignment.last(0)).isZero();
    assertThat(alignment.tokensOf(1)).containsExactly(1);
    assertThat(alignment.tokensOf(2)).containsExactly(2);
    assertThat(alignment.shared()).isEmpty();
  }

  @Test
  void everyShippedSentenceAligns() {
    for (Tokenizer tokenizer : List.of(gpt2, stories)) {
      for (Sentence sentence : Treebank.shipped().draw(60, 0)) {
        WordAlignment alignment = sentence.align(offsets(tokenizer, true));
        List<String> tokens = tokenizer.tokens(tokenizer.encode(sentence.text(), true));
        assertThat(alignment.tokens()).isEqualTo(tokens.size());
        double[] ones = new double[sentence.size()];
        Arrays.fill(ones, 1);
        assertThat(Arrays.stream(alignment.toTokens(ones)).sum())
            .isCloseTo(sentence.size(), within(1e-9));
        for (int w = 0; w < sentence.size(); w++) {
          StringBuilder spelt = new StringBuilder();
          Arrays.stream(alignment.tokensOf(w)).forEach(t -> spelt.append(tokens.get(t)));
          Word word = sentence.words().get(w);
          String written = sentence.text().substring(word.start(), word.end());
          if (written.chars().allMatch(c -> c < 128)) { // others are bytes
            assertThat(spelt.toString()).contains(written);
          }
        }
      }
    }
  }
}
