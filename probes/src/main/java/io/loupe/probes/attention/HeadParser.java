package io.loupe.probes.attention;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Word;
import io.loupe.probes.data.Partition;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Heads as parsers (Clark et al. 2019, What Does BERT Look At?; Voita et al. 2019): for each
 * dependency relation, how often the other word that a head looks at most is the right one, against
 * the best fixed offset. From a word's last token the most probable key that is in another word of
 * the sentence counts; special tokens and the word's own tokens are passed over.
 *
 * <p>Head and offset are chosen on one half of the documents and reported on the other, since the
 * best of many heads looks good by chance. A relation is asked both ways, from the dependent to its
 * head and from the head to the dependent. A causal model sees only what stands before: there, only
 * pairs count whose target comes first, for heads and offsets alike.
 */
public final class HeadParser {
  /** Offsets in words that are tried: so far to either side. */
  private static final int FARTHEST = 10;

  private HeadParser() {}

  /** From where to where a relation is looked along. */
  public enum Direction {
    /** From the dependent to the word it depends on. */
    TO_HEAD,
    /** From a word to its dependent. */
    TO_DEPENDENT
  }

  /**
   * Scores all heads of a model.
   *
   * @param treebank sentences with their documents
   * @param leastPairs how many pairs a relation needs in each half to be reported
   * @param seed shares the documents out, and draws the bootstrap's samples
   * @throws IllegalArgumentException before the model is run, if no sentence of two words or more
   *     fits its context, there are fewer than two documents, or no relation has pairs enough
   */
  public static ParserResults of(
      HookedTransformer model, Dataset<Sentence> treebank, int leastPairs, long seed) {
    ModelConfig config = model.config();
    boolean causal = config.causal();
    List<Sentence> sentences =
        treebank.items().stream()
            .filter(sentence -> sentence.size() > 1)
            .filter(
                sentence ->
                    model.tokenizer().encodeWithOffsets(sentence.text()).size()
                        <= config.longestInput())
            .toList();
    if (sentences.isEmpty() || leastPairs < 1) {
      throw new IllegalArgumentException(
          "Expected sentences of two words or more that fit %d tokens, and at least 1 pair; got %d of %d sentences, %d pairs"
              .formatted(config.longestInput(), sentences.size(), treebank.size(), leastPairs));
    }
    Halves halves = halves(sentences.stream().map(treebank::groupOf).toList(), seed);
    List<Cell> cells = cells(sentences, halves, causal, leastPairs);
    List<Head> heads = HeadSet.all(config.layers(), config.heads()).toList();
    List<AttendedWords> read = AttendedWords.of(model, sentences, heads);
    return new ParserResults(
        model.name(),
        treebank.name(),
        causal,
        heads.size(),
        cells.stream().map(cell -> score(cell, read, heads, halves, cells.size(), seed)).toList());
  }

  /**
   * Which documents are chosen on.
   *
   * @param document of each sentence, a number
   * @param chosenOn of each document
   */
  record Halves(int[] document, boolean[] chosenOn) {}

  /** A relation in one direction with its pairs, [sentence, query word, target word]. */
  record Cell(String relation, Direction direction, List<int[]> pairs) {}

  static Halves halves(List<String> documents, long seed) {
    List<List<Integer>> shuffled = Partition.shuffled(documents, seed, 2);
    int[] document = new int[documents.size()];
    boolean[] chosenOn = new boolean[shuffled.size()];
    int[] sizes = new int[2];
    for (int d = 0; d < shuffled.size(); d++) {
      int own = d;
      shuffled.get(d).forEach(sentence -> document[sentence] = own);
      int half = sizes[1] < sizes[0] ? 1 : 0;
      chosenOn[d] = half == 0;
      sizes[half] += shuffled.get(d).size();
    }
    return new Halves(document, chosenOn);
  }

  /** Returns relations that have pairs enough in both halves. */
  static List<Cell> cells(List<Sentence> sentences, Halves halves, boolean causal, int leastPairs) {
    Map<String, List<int[]>> up = new TreeMap<>();
    Map<String, List<int[]>> down = new TreeMap<>();
    for (int s = 0; s < sentences.size(); s++) {
      for (Word word : sentences.get(s).words()) {
        int dependent = word.id() - 1;
        int head = word.head() - 1;
        if (head < 0) {
          continue;
        }
        String relation = word.plainRelation();
        if (!causal || head < dependent) {
          up.computeIfAbsent(relation, r -> new ArrayList<>()).add(new int[] {s, dependent, head});
        }
        if (!causal || dependent < head) {
          down.computeIfAbsent(relation, r -> new ArrayList<>())
              .add(new int[] {s, head, dependent});
        }
      }
    }
    List<Cell> cells = new ArrayList<>();
    up.forEach((relation, pairs) -> cells.add(new Cell(relation, Direction.TO_HEAD, pairs)));
    down.forEach((relation, pairs) -> cells.add(new Cell(relation, Direction.TO_DEPENDENT, pairs)));
    List<Cell> enough =
        cells.stream()
            .filter(cell -> count(cell, halves, true) >= leastPairs)
            .filter(cell -> count(cell, halves, false) >= leastPairs)
            .toList();
    if (enough.isEmpty()) {
      throw new IllegalArgumentException(
          "No relation has %d pairs in both halves of %d sentences; the most has %d in all. Give more sentences or ask for fewer pairs"
              .formatted(
                  leastPairs,
                  sentences.size(),
                  cells.stream().mapToInt(cell -> cell.pairs().size()).max().orElse(0)));
    }
    return enough;
  }

  private static long count(Cell cell, Halves halves, boolean chosenOn) {
    return cell.pairs().stream().filter(pair -> in(pair, halves, chosenOn)).count();
  }

  private static boolean in(int[] pair, Halves halves, boolean chosenOn) {
    return halves.chosenOn()[halves.document()[pair[0]]] == chosenOn;
  }

  static ParserResults.Line score(
      Cell cell, List<AttendedWords> read, List<Head> heads, Halves halves, int cells, long seed) {
    List<int[]> chosen = cell.pairs().stream().filter(p -> in(p, halves, true)).toList();
    List<int[]> reported = cell.pairs().stream().filter(p -> in(p, halves, false)).toList();
    int head = best(heads.size(), h -> hits(chosen, pair -> attended(read, h, pair)));
    int offset = offset(best(2 * FARTHEST, o -> hits(chosen, pair -> pair[1] + offset(o))));
    boolean[] byHead = right(reported, pair -> attended(read, head, pair));
    boolean[] byOffset = right(reported, pair -> pair[1] + offset);
    int[][] documents = byDocument(reported, halves);
    return new ParserResults.Line(
        cell.relation(),
        cell.direction(),
        chosen.size(),
        heads.get(head),
        (double) hits(chosen, pair -> attended(read, head, pair)) / chosen.size(),
        offset,
        byHead,
        byOffset,
        interval(documents, byHead, byOffset, 1, 0, 0.95, seed),
        interval(documents, byHead, byOffset, 0, 1, 0.95, seed),
        interval(documents, byHead, byOffset, 1, -1, 1 - 0.05 / cells, seed));
  }

  private static int attended(List<AttendedWords> read, int head, int[] pair) {
    return read.get(pair[0]).attended()[head][pair[1]];
  }

  private static int hits(List<int[]> pairs, ToIntFunction<int[]> guess) {
    return (int) pairs.stream().filter(pair -> guess.applyAsInt(pair) == pair[2]).count();
  }

  private static boolean[] right(List<int[]> pairs, ToIntFunction<int[]> guess) {
    boolean[] right = new boolean[pairs.size()];
    for (int i = 0; i < right.length; i++) {
      right[i] = guess.applyAsInt(pairs.get(i)) == pairs.get(i)[2];
    }
    return right;
  }

  /** Returns offset number o: -1, 1, -2, 2, ... */
  private static int offset(int o) {
    return (o % 2 == 0 ? -1 : 1) * (o / 2 + 1);
  }

  private static int best(int count, ToIntFunction<Integer> hits) {
    int[] all = IntStream.range(0, count).map(hits::applyAsInt).toArray();
    return IntStream.range(0, count).reduce((a, b) -> all[b] > all[a] ? b : a).orElseThrow();
  }

  /** Returns the pairs of each document that has some. */
  private static int[][] byDocument(List<int[]> pairs, Halves halves) {
    Map<Integer, List<Integer>> rows = new TreeMap<>();
    for (int i = 0; i < pairs.size(); i++) {
      rows.computeIfAbsent(halves.document()[pairs.get(i)[0]], d -> new ArrayList<>()).add(i);
    }
    return rows.values().stream()
        .map(own -> own.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }

  /** Returns an interval of a weighted sum of two accuracies, over whole documents. */
  private static Interval interval(
      int[][] documents,
      boolean[] byHead,
      boolean[] byOffset,
      int ofHead,
      int ofOffset,
      double level,
      long seed) {
    double[] sums = new double[documents.length];
    for (int d = 0; d < sums.length; d++) {
      for (int i : documents[d]) {
        sums[d] += (byHead[i] ? ofHead : 0) + (byOffset[i] ? ofOffset : 0);
      }
    }
    return Bootstrap.of(
        sums.length,
        drawn ->
            Arrays.stream(drawn).mapToDouble(d -> sums[d]).sum()
                / Arrays.stream(drawn).map(d -> documents[d].length).sum(),
        level,
        seed);
  }
}
