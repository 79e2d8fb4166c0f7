package io.loupe.datasets.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.task.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextsTest {
  @TempDir private Path folder;

  @Test
  void minimalPairsAreThose() {
    Dataset<MinimalPair> pairs = MinimalPairs.shipped();
    assertThat(MinimalPairs.paradigms(pairs)).hasSize(10);
    MinimalPair pair = MinimalPairs.of(pairs, "npi_present_1").get(0);
    assertThat(pair)
        .isEqualTo(
            new MinimalPair(
                "Even many teenagers clearly boycott those legislatures.",
                "Even many teenagers ever boycott those legislatures.",
                "npi_present_1",
                "npi_licensing",
                "semantics",
                "1"));
    assertThat(pair.goodPrompt().textOf("rest")).isEqualTo("clearly boycott those legislatures.");
    assertThat(pair.badPrompt().textOf("rest")).isEqualTo("ever boycott those legislatures.");
    assertThat(pairs.stream().collect(Collectors.groupingBy(MinimalPair::paradigm)).values())
        .allMatch(of -> of.size() == 300);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MinimalPairs.of(pairs, "islands"))
        .withMessageContaining("npi_present_1");
  }

  @Test
  void commonPrefixIsOfWholeWords() {
    assertThat(
            new MinimalPair("They heard it.", "They hear it.", "p", "t", "f", "0").commonPrefix())
        .isEqualTo(5);
    assertThat(new MinimalPair("Who ran?", "What ran?", "p", "t", "f", "0").commonPrefix())
        .isZero();
  }

  @Test
  void labelsAreBalanced() {
    assertThat(LabelledTexts.polarity().get(0).text())
        .startsWith("the film provides some great insight into the neurotic mindset");
    for (var dataset :
        new Dataset<?>[] {
          LabelledTexts.polarity(), LabelledTexts.subjectivity(), LabelledTexts.reviews()
        }) {
      assertThat(
              dataset.rows().stream()
                  .collect(Collectors.groupingBy(row -> row.get(0), Collectors.counting()))
                  .values())
          .containsExactly(dataset.size() / 2L, dataset.size() / 2L);
    }
    assertThat(LabelledTexts.reviews().items())
        .anyMatch(
            text -> text.id().equals("neg/cv058_8469.txt") && text.label().equals("negative"));
  }

  @Test
  void articlesHaveTheirSplitAndTitle() {
    Dataset<Article> articles = Articles.shipped();
    assertThat(articles.in(Split.VALIDATION).size()).isEqualTo(12);
    assertThat(articles.in(Split.TEST).size()).isEqualTo(12);
    Article lobster = articles.get(0);
    assertThat(lobster.title()).isEqualTo("Homarus gammarus");
    assertThat(lobster.text())
        .startsWith("= Homarus gammarus =\n\nHomarus gammarus , known as the European lobster")
        .contains("\n= = Description = =\n");
    assertThat(lobster.words()).isEqualTo(1677);
  }

  @Test
  void titlesAreHeadingsOfOneSign() throws Exception {
    Files.writeString(
        folder.resolve("train.txt"),
        " \n = A = \n \n Text . \n = not a title = \n \n = = Part = = \n \n More . \n \n = B = \n \n End . \n");
    assertThat(Articles.read(folder).items())
        .containsExactly(
            new Article(
                "A", "= A =\n\nText .\n= not a title =\n\n= = Part = =\n\nMore .", Split.TRAIN),
            new Article("B", "= B =\n\nEnd .", Split.TRAIN));
  }

  @Test
  void speechesGiveTheTextBack() throws Exception {
    Dataset<Speech> speeches = Shakespeare.shipped();
    assertThat(speeches.get(1)).isEqualTo(new Speech("All", "Speak, speak."));
    String text = "All:\nSpeak, speak.\n\nTITUS:\n\nFirst Citizen:\nNo:\nmore.\n";
    Files.writeString(folder.resolve("input.txt"), text);
    assertThat(Shakespeare.text(Shakespeare.read(folder))).isEqualTo(text);
    assertThat(Shakespeare.read(folder).get(2))
        .isEqualTo(new Speech("First Citizen", "No:\nmore."));
  }

  @Test
  void brokenFilesNameTheLine() throws Exception {
    Files.writeString(folder.resolve("input.txt"), "All:\nSpeak.\n\nspeak\n");
    refused(() -> Shakespeare.read(folder), "input.txt, line 4: expected a speaker");
    Files.writeString(folder.resolve("test.txt"), "\nText before.\n");
    refused(() -> Articles.read(folder), "test.txt, line 2: expected a title");
    Files.writeString(folder.resolve("a.jsonl"), "{\"sentence_good\": \"A\"}\n");
    refused(() -> MinimalPairs.read(folder), "a.jsonl, line 1: expected a field 'sentence_bad'");
    Files.writeString(
        folder.resolve("a.jsonl"),
        """
        {"sentence_good":"A b.","sentence_bad":"A c.","UID":"u","linguistics_term":"t","field":"f","pairID":"0"}
        {"sentence_good":"A b.","sentence_bad":"A b.","UID":"u","linguistics_term":"t","field":"f","pairID":"0"}
        """);
    refused(() -> MinimalPairs.read(folder), "a.jsonl, line 2: expected two different sentences");
    Files.write(folder.resolve("rt-polarity.pos"), new byte[] {'a', '\n', (byte) 0xE9, 'b', '\n'});
    refused(() -> LabelledTexts.readPolarity(folder), "expected UTF-8");
    Files.writeString(folder.resolve("rt-polarity.pos"), "good .\n\n");
    refused(
        () -> LabelledTexts.readPolarity(folder), "rt-polarity.pos, line 2: expected a sentence");
  }

  private static void refused(ThrowingCallable reading, String message) {
    assertThatThrownBy(reading).isInstanceOf(DatasetException.class).hasMessageContaining(message);
  }
}
