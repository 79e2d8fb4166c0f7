package io.loupe.probes.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.index.NDIndex;
import io.loupe.datasets.align.WordAlignment;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Treebank;
import io.loupe.probes.attention.HeadParser.Cell;
import io.loupe.probes.attention.HeadParser.Direction;
import io.loupe.probes.attention.HeadParser.Halves;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeadParserTest {
  private static final Dataset<Sentence> TREEBANK = Treebank.shipped().draw(300, 1);
  private static final List<Sentence> SENTENCES =
      TREEBANK.items().stream().filter(sentence -> sentence.size() > 1).toList();
  private static final Halves HALVES =
      HeadParser.halves(SENTENCES.stream().map(TREEBANK::groupOf).toList(), 1);
  private static final List<Head> HEADS = HeadSet.all(1, 4).toList();

  /** Head 2 looks from each word to its head, three times of four; the others at random. */
  private static List<AttendedWords> planted() {
    Random random = new Random(3);
    List<AttendedWords> read = new ArrayList<>();
    for (Sentence sentence : SENTENCES) {
      int[][] attended = new int[4][sentence.size()];
      for (int h = 0; h < 4; h++) {
        for (int word = 0; word < sentence.size(); word++) {
          boolean right = h == 2 && random.nextInt(4) > 0;
          attended[h][word] = right ? sentence.heads()[word] : random.nextInt(sentence.size());
        }
      }
      read.add(new AttendedWords(sentence, attended));
    }
    return read;
  }

  @Test
  void aPlantedHeadIsFoundAndReportedOnTheOtherHalf() {
    List<Cell> cells = HeadParser.cells(SENTENCES, HALVES, false, 60);
    List<AttendedWords> read = planted();
    int farthest = 0;
    for (Cell cell : cells) {
      if (cell.direction() != Direction.TO_HEAD) {
        continue;
      }
      ParserResults.Line line = HeadParser.score(cell, read, HEADS, HALVES, cells.size(), 1);
      assertThat(line.head()).isEqualTo(HEADS.get(2));
      assertThat(line.accuracy()).isCloseTo(0.76, within(0.12));
      assertThat(line.chosenPairs() + line.byHead().length).isEqualTo(cell.pairs().size());
      assertThat(line.headInterval().low()).isLessThan(line.accuracy());
      assertThat(line.headInterval().high()).isGreaterThan(line.accuracy());
      assertThat(line.difference().low()).isLessThan(line.accuracy() - line.offsetAccuracy());
      if (cell.relation().equals("det")) { // "the dog": mostly the next word
        assertThat(line.offset()).isEqualTo(1);
        assertThat(line.offsetAccuracy()).isBetween(0.4, 0.8);
      }
      if (cell.relation().equals("nsubj") || cell.relation().equals("obl")) {
        assertThat(line.beatsOffset()).isTrue();
        farthest++;
      }
    }
    assertThat(farthest).isEqualTo(2);
  }

  /** Of heads that know nothing, the best looks better where it was chosen than elsewhere. */
  @Test
  void chanceIsNotReported() {
    List<Cell> cells = HeadParser.cells(SENTENCES, HALVES, false, 30);
    List<AttendedWords> read = planted();
    for (Cell cell : cells) {
      if (cell.direction() == Direction.TO_DEPENDENT) {
        ParserResults.Line line = HeadParser.score(cell, read, HEADS, HALVES, cells.size(), 1);
        assertThat(line.beatsOffset()).as(line.name()).isFalse();
      }
    }
  }

  @Test
  void documentsAreWholeAndHalvesAreAlike() {
    List<String> documents = SENTENCES.stream().map(TREEBANK::groupOf).toList();
    Set<String> chosenOn = new HashSet<>();
    Set<String> reported = new HashSet<>();
    int count = 0;
    for (int s = 0; s < documents.size(); s++) {
      boolean chosen = HALVES.chosenOn()[HALVES.document()[s]];
      (chosen ? chosenOn : reported).add(documents.get(s));
      count += chosen ? 1 : 0;
    }
    assertThat(chosenOn).doesNotContainAnyElementsOf(reported);
    assertThat(count).isBetween(documents.size() * 4 / 10, documents.size() * 6 / 10);
  }

  @Test
  void aCausalModelIsAskedOnlyForWhatItSees() {
    for (Cell cell : HeadParser.cells(SENTENCES, HALVES, true, 20)) {
      assertThat(cell.pairs()).allMatch(pair -> pair[2] < pair[1]);
      assertThat(cell.pairs())
          .allMatch(
              pair -> {
                Sentence sentence = SENTENCES.get(pair[0]);
                int dependent = cell.direction() == Direction.TO_HEAD ? pair[1] : pair[2];
                int head = cell.direction() == Direction.TO_HEAD ? pair[2] : pair[1];
                return sentence.heads()[dependent] == head
                    && sentence.words().get(dependent).plainRelation().equals(cell.relation());
              });
    }
    int all = pairs(HeadParser.cells(SENTENCES, HALVES, false, 1));
    int seen = pairs(HeadParser.cells(SENTENCES, HALVES, true, 1));
    assertThat(seen).isLessThanOrEqualTo(all / 2 + 5);
  }

  private static int pairs(List<Cell> cells) {
    return cells.stream().mapToInt(cell -> cell.pairs().size()).sum();
  }

  /** Against the whole pattern: the largest entry that is in another word. */
  @Test
  void attendedWordsAreThoseOfThePattern() throws IOException {
    List<Sentence> some = SENTENCES.stream().filter(s -> s.size() < 15).limit(4).toList();
    for (String name : List.of("loupe-lm", "loupe-mlm")) {
      HookedTransformer model = HookedTransformer.load(name);
      List<Head> heads = HeadSet.all(model.config().layers(), model.config().heads()).toList();
      List<AttendedWords> read = AttendedWords.of(model, some, heads);
      int compared = 0;
      for (int s = 0; s < some.size(); s++) {
        Sentence sentence = some.get(s);
        assertThat(read.get(s).sentence()).isEqualTo(sentence);
        WordAlignment alignment =
            sentence.align(
                text ->
                    model.tokenizer().encodeWithOffsets(text).spans().stream()
                        .map(span -> new int[] {span.start(), span.end()})
                        .toArray(int[][]::new));
        for (int h : new int[] {0, heads.size() / 2, heads.size() - 1}) {
          double[][] pattern = pattern(model, sentence.text(), heads.get(h));
          for (int word = 0; word < sentence.size(); word++) {
            int best = -1;
            double most = 0;
            for (int key = 0; key < pattern.length; key++) {
              int[] words = alignment.wordsOf(key);
              int own = word;
              boolean other = words.length > 0 && IntStream.of(words).noneMatch(w -> w == own);
              double p = pattern[alignment.last(word)][key];
              if (other && p > most + 1e-6) {
                most = p;
                best = words[0];
              }
            }
            int got = read.get(s).attended()[h][word];
            if (got >= 0 || pattern.length <= 16) {
              assertThat(got).as("%s %s word %d", name, sentence, word).isEqualTo(best);
              compared++;
            }
          }
        }
      }
      assertThat(compared).isGreaterThan(60);
    }
  }

  private static double[][] pattern(HookedTransformer model, String text, Head head) {
    try (Run run = model.run(model.tokens(text), Capture.of(Sites.PATTERN))) {
      return Tensors.matrix(
          run.cache().get(Sites.PATTERN.at(head.layer())).get(new NDIndex("0, {}", head.index())));
    }
  }

  @Test
  void resultsOfAModelAreWholeAndTooFewPairsAreRefused() throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-mlm");
    Dataset<Sentence> few = TREEBANK.draw(60, 2);
    ParserResults results = HeadParser.of(model, few, 15, 1);
    assertThat(results.causal()).isFalse();
    assertThat(results.lines()).isNotEmpty();
    assertThat(results.table().rows()).hasSameSizeAs(results.lines());
    assertThat(results.toString()).contains("relations and directions");
    assertThat(results.display().data()).isNotEmpty();
    assertThat(HeadParser.of(model, few, 15, 1).table().toCsv()).isEqualTo(results.table().toCsv());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HeadParser.of(model, few, 5000, 1))
        .withMessageContaining("No relation has 5000 pairs in both halves");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HeadParser.of(model, few, 0, 1))
        .withMessageContaining("at least 1 pair");
  }
}
