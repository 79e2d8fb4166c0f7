package io.loupe.datasets.treebank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.file.Lines;
import io.loupe.datasets.task.Split;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConlluReaderTest {
  /** Ranges, an empty node, no spaces around a hyphen, two spaces. */
  private static final String TRICKY =
      """
      # newdoc id = doc
      # sent_id = doc-1
      # text = "Don't  re-send gimme's", she can.
      1\t"\t"\tPUNCT\t``\t_\t5\tpunct\t_\tSpaceAfter=No
      2-3\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
      2\tDo\tdo\tAUX\tVB\tMood=Imp|VerbForm=Fin\t5\taux\t_\t_
      3\tn't\tnot\tPART\tRB\t_\t5\tadvmod\t_\t_
      4\tre-\tre-\tX\tAFX\t_\t5\tcompound:prt\t_\tSpaceAfter=No
      5\tsend\tsend\tVERB\tVB\t_\t0\troot\t_\t_
      6-8\tgimme's\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
      6\tgive\tgive\tVERB\tVB\t_\t5\tobj\t_\t_
      7\tme\tme\tPRON\tPRP\t_\t6\tobj\t_\t_
      8\t's\t's\tPART\tPOS\t_\t6\tcase\t_\t_
      9\t"\t"\tPUNCT\t''\t_\t5\tpunct\t_\tSpaceAfter=No
      10\t,\t,\tPUNCT\t,\t_\t5\tpunct\t_\t_
      11\tshe\tshe\tPRON\tPRP\t_\t12\tnsubj\t_\t_
      12\tcan\tcan\tAUX\tMD\t_\t5\tparataxis\t_\tSpaceAfter=No
      12.1\tsend\tsend\tVERB\tVB\t_\t_\t_\t5:conj\tCopyOf=5
      12.2\t_\t_\tPRON\t_\t_\t_\t_\t12.1:obj\t_
      13\t.\t.\tPUNCT\t.\t_\t5\tpunct\t_\t_

      """;

  @TempDir private Path folder;

  private static Sentence read(String text) throws IOException {
    try (ConlluReader reader = reader(text)) {
      Sentence sentence = reader.next();
      assertThat(sentence).isNotNull();
      assertThat(reader.next()).isNull();
      return sentence;
    }
  }

  private static ConlluReader reader(String text) {
    return new ConlluReader(
        new Lines("x.conllu", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))),
        Split.TEST);
  }

  @Test
  void placesEveryWordInTheText() throws IOException {
    Sentence sentence = read(TRICKY);
    assertThat(sentence.id()).isEqualTo("doc-1");
    assertThat(sentence.document()).isEqualTo("doc");
    assertThat(sentence.split()).isEqualTo(Split.TEST);
    assertThat(sentence.words().stream().map(w -> sentence.text().substring(w.start(), w.end())))
        .containsExactly(
            "\"", "Do", "n't", "re-", "send", "gimme's", "gimme's", "gimme's", "\"", ",", "she",
            "can", ".");
    assertThat(sentence.word(3).start()).isEqualTo(3);
    assertThat(sentence.word(4).start()).isEqualTo(8);
    assertThat(sentence.multiword())
        .containsExactly(
            new MultiwordToken(2, 3, "Don't", 1, 6), new MultiwordToken(6, 8, "gimme's", 16, 23));
    assertThat(sentence.empty())
        .containsExactly(
            new EmptyNode(12, 1, "send", "VERB", "5:conj"),
            new EmptyNode(12, 2, "_", "PRON", "12.1:obj"));
    assertThat(sentence.prompt().textOf("5")).isEqualTo("send");
  }

  @Test
  void knowsFeaturesAndRelations() throws IOException {
    Sentence sentence = read(TRICKY);
    assertThat(sentence.word(2).feature("VerbForm")).contains("Fin");
    assertThat(sentence.word(2).feature("Form")).isEmpty();
    assertThat(sentence.word(1).feature("VerbForm")).isEmpty();
    assertThat(sentence.word(4).relation()).isEqualTo("compound:prt");
    assertThat(sentence.word(4).plainRelation()).isEqualTo("compound");
    assertThat(sentence.root().form()).isEqualTo("send");
    assertThat(sentence.heads()).containsExactly(4, 4, 4, 4, -1, 4, 5, 5, 4, 4, 11, 4, 4);
    assertThat(sentence.toString()).startsWith("\"/PUNCT Do/AUX n't/PART");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sentence.word(14))
        .withMessage("Sentence doc-1 has words 1 to 13, got 14");
  }

  @Test
  void withoutATextItIsMadeOfTheWords() throws IOException {
    Sentence sentence = read(TRICKY.replaceAll("# text.*\n", "").replaceAll("# sent_id.*\n", ""));
    assertThat(sentence.text()).isEqualTo("\"Don't re-send gimme's\", she can.");
    assertThat(sentence.id()).isEqualTo("x.conllu:2");
  }

  @Test
  void treeDistancesAreThoseOfASearch() {
    Random random = new Random(0);
    List<Sentence> all = Treebank.shipped().items();
    for (int i = 0; i < 60; i++) {
      Sentence sentence = all.get(random.nextInt(all.size()));
      int n = sentence.size();
      int[][] slow = new int[n][n];
      for (int a = 0; a < n; a++) {
        for (int b = 0; b < n; b++) {
          slow[a][b] = a == b ? 0 : 1000;
        }
      }
      sentence.words().stream()
          .filter(word -> word.head() > 0)
          .forEach(
              word -> {
                slow[word.id() - 1][word.head() - 1] = 1;
                slow[word.head() - 1][word.id() - 1] = 1;
              });
      for (int k = 0; k < n; k++) {
        for (int a = 0; a < n; a++) {
          for (int b = 0; b < n; b++) {
            slow[a][b] = Math.min(slow[a][b], slow[a][k] + slow[k][b]);
          }
        }
      }
      assertThat(sentence.distances()).isDeepEqualTo(slow);
      assertThat(sentence.depths()).isEqualTo(slow[sentence.root().id() - 1]);
    }
  }

  @Test
  void shippedSentencesAreThose() {
    Dataset<Sentence> all = Treebank.shipped();
    assertThat(all.in(Split.TRAIN).size()).isEqualTo(1200);
    assertThat(all.in(Split.VALIDATION).size()).isEqualTo(400);
    assertThat(all.in(Split.TEST).size()).isEqualTo(400);
    // counted with awk in the files
    assertThat(all.stream().mapToInt(Sentence::size).sum()).isEqualTo(18629 + 4652 + 4538);
    assertThat(all.stream().mapToInt(s -> s.multiword().size()).sum()).isEqualTo(272 + 69 + 72);
    assertThat(all.stream().mapToInt(s -> s.empty().size()).sum()).isEqualTo(6 + 2 + 1);
    Sentence first = all.in(Split.VALIDATION).get(0);
    assertThat(first.text())
        .startsWith("My opinion piece on the implications of Arafat's passing for al-Qaeda");
    assertThat(first.word(9).form()).isEqualTo("'s");
    assertThat(first.text().substring(first.word(9).start(), first.word(9).end())).isEqualTo("'s");
  }

  @Test
  void streamsSentenceBySentence() throws IOException {
    Path file = folder.resolve("x-ud-dev.conllu");
    Files.writeString(file, TRICKY + TRICKY + "1\tbroken\n");
    try (Stream<Sentence> sentences = Treebank.stream(file)) {
      assertThat(sentences.limit(2)).hasSize(2).allMatch(s -> s.split() == Split.VALIDATION);
    }
    try (Stream<Sentence> sentences = Treebank.stream(file)) {
      assertThatThrownBy(sentences::count)
          .isInstanceOf(UncheckedIOException.class)
          .hasCauseInstanceOf(DatasetException.class)
          .hasMessageContaining("line 43: expected 10 columns with tabs between, got 2");
    }
    assertThatThrownBy(() -> Treebank.stream(folder.resolve("none")))
        .isInstanceOf(DatasetException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "5<send<     | 6<send<      | 9 | word 5, got '6'",
        "5<send<     | 5 send<      | 9 | 10 columns",
        "5<send<     | 5<<          | 9 | text or _ in column 2",
        "VERB<VB<_<0 | VERV<VB<_<0  | 9 | a universal part of speech, got 'VERV'",
        "<0<root     | <99<root     | 9 | the id of another word as head, or 0, got '99'",
        "<0<root     | <5<root      | 9 | the id of another word as head, or 0, got '5'",
        "<0<root     | <_<root      | 9 | the id of another word as head, or 0, got '_'",
        "<0<root     | <6<root      | 4  | a root",
        "<12<nsubj   | <0<nsubj     | 16 | one root, got a second one, beside word 5",
        "<5<parataxis| <11<parataxis| 16 | a tree, got a circle of heads",
        "2-3<        | 3-2<         | 5  | a range of words from 2",
        "2-3<        | 2-7<         | 10 | a range of words from 6, behind other ranges, got '6-8'",
        "6-8<        | 6-99<        | 10 | a range of words up to 13, got '6-99'",
        "12.2<       | 12.3<        | 19 | empty node 12.2, got '12.3'",
        "12.1<       | 11.1<        | 18 | empty node 12.1, got '11.1'",
        "7<me<       | #7<me<       | 12 | comments before the first word",
        "re-send gim | re-sent gim  | 9 | a word that goes on with the text",
        "she can.    | she can. No  | 3  | a text that the words spell, got more: \" No\"",
      })
  void brokenLineIsNamed(String part, String by, int line, String expected) {
    String from = part.replace('<', '\t');
    assertThat(TRICKY).contains(from);
    String broken = TRICKY.replaceFirst(Pattern.quote(from), by.replace('<', '\t'));
    assertThatThrownBy(() -> read(broken))
        .isInstanceOf(DatasetException.class)
        .hasMessageStartingWith("x.conllu, line " + line + ": expected " + expected);
  }

  @Test
  void unfinishedFileIsRefused() {
    assertThatThrownBy(() -> read(TRICKY.stripTrailing()))
        .hasMessageContaining("line 21: expected an empty line behind the sentence");
    assertThatThrownBy(() -> reader("# text = x\n").next())
        .hasMessageContaining("expected a word behind the comments");
    assertThatThrownBy(() -> reader("# text = x\n\n").next()).hasMessageContaining("line 2");
  }
}
