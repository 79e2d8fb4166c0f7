package io.loupe.probes.attention;

import io.loupe.datasets.align.WordAlignment;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Encoding;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which other word each head looks at most from each word of a sentence.
 *
 * @param sentence the sentence
 * @param attended [head][word], an index of the sentence's words; -1 where none of the most
 *     probable keys is in another word. Kept, not copied
 */
record AttendedWords(Sentence sentence, int[][] attended) {
  /** Keys that are looked through: special tokens and the word's own may come first. */
  private static final int KEYS = AttentionRequest.MOST_TOP_KEYS;

  /** Reads sentences in streamed passes; the order is theirs. */
  static List<AttendedWords> of(
      HookedTransformer model, List<Sentence> sentences, List<Head> heads) {
    List<WordAlignment> alignments = new ArrayList<>();
    List<Tokens> rows = new ArrayList<>();
    for (Sentence sentence : sentences) {
      Encoding encoding = model.tokenizer().encodeWithOffsets(sentence.text());
      rows.add(Tokens.of(encoding.ids()));
      int[][] offsets =
          encoding.spans().stream()
              .map(span -> new int[] {span.start(), span.end()})
              .toArray(int[][]::new);
      alignments.add(sentence.align(text -> offsets));
    }
    Tokens all = Tokens.concat(Tokens.Padding.RIGHT, rows);
    List<Integer> ascending =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparing(row -> rows.get(row).length()))
            .toList();
    AttendedWords[] read = new AttendedWords[rows.size()];
    AttentionRequest request = AttentionRequest.of().topKeys(KEYS);
    for (List<Integer> batch : HeadReader.batches(ascending, all)) {
      Tokens tokens = Tokens.concat(Tokens.Padding.RIGHT, batch.stream().map(rows::get).toList());
      AttentionStatistics statistics = model.attention(tokens, request).statistics();
      for (int i = 0; i < batch.size(); i++) {
        int row = batch.get(i);
        read[row] = of(sentences.get(row), alignments.get(row), statistics, heads, i);
      }
    }
    return List.of(read);
  }

  private static AttendedWords of(
      Sentence sentence,
      WordAlignment alignment,
      AttentionStatistics statistics,
      List<Head> heads,
      int row) {
    int[][] attended = new int[heads.size()][sentence.size()];
    for (int h = 0; h < attended.length; h++) {
      int[][] keys = statistics.topKeys(heads.get(h), row);
      for (int word = 0; word < sentence.size(); word++) {
        attended[h][word] = other(word, keys[alignment.last(word)], alignment);
      }
    }
    return new AttendedWords(sentence, attended);
  }

  /** Returns the first word but this one that a key is in. */
  private static int other(int word, int[] keys, WordAlignment alignment) {
    for (int key : keys) {
      int[] words = key < 0 ? new int[0] : alignment.wordsOf(key);
      if (words.length > 0 && IntStream.of(words).noneMatch(w -> w == word)) {
        return words[0];
      }
    }
    return -1;
  }
}
