package io.loupe.probes.structure;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Word;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.data.ProbeTasks;
import io.loupe.workbench.model.HookedTransformer;
import java.util.ArrayList;
import java.util.List;

/**
 * The words of a treebank as examples, with the trees over them.
 *
 * @param words all words of all sentences, in order; their labels are parts of speech
 * @param trees one for each sentence
 * @param splits the publishers' split of each sentence
 */
public record TreeData(ProbeData words, List<Tree> trees, List<Split> splits) {
  public TreeData {
    trees = List.copyOf(trees);
    splits = List.copyOf(splits);
  }

  /**
   * Reads the dependency trees of a treebank. Sentences of fewer than three words, and those longer
   * than the model's context, are left out; punctuation is not scored.
   */
  public static TreeData of(HookedTransformer model, Dataset<Sentence> treebank) {
    Dataset<Sentence> some =
        treebank.where(
            sentence ->
                sentence.size() >= 3
                    && model.tokenizer().encodeWithOffsets(sentence.text()).size()
                        <= model.config().longestInput());
    List<Tree> trees = new ArrayList<>();
    List<Split> splits = new ArrayList<>();
    int first = 0;
    for (Sentence sentence : some) {
      int[] heads = new int[sentence.size()];
      boolean[] counted = new boolean[sentence.size()];
      for (int i = 0; i < heads.length; i++) {
        Word word = sentence.words().get(i);
        heads[i] = word.head() - 1;
        counted[i] = !word.upos().equals("PUNCT");
      }
      trees.add(new Tree(first, heads, counted));
      splits.add(some.splitOf(sentence));
      first += heads.length;
    }
    return new TreeData(ProbeTasks.partsOfSpeech(model, some), trees, splits);
  }

  /** Returns the trees of one split. */
  public List<Tree> in(Split split) {
    List<Tree> own = new ArrayList<>();
    for (int i = 0; i < trees.size(); i++) {
      if (splits.get(i) == split) {
        own.add(trees.get(i));
      }
    }
    return List.copyOf(own);
  }
}
