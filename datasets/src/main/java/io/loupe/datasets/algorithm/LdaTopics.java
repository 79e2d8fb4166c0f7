package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * Topics: documents of words of a few topics, one word masked (Li, Li and Risteski 2023, How Do
 * Transformers Learn Topic Structure: Towards a Mechanistic Understanding, after Blei et al. 2003,
 * Latent Dirichlet Allocation).
 *
 * <p>As in the paper topics share no word, words are equally likely in their topic, and a document
 * has {@code perDocument} topics, equally likely. Topic t has the ids {@code t * words} to {@code
 * (t + 1) * words - 1}; {@link #mask()} is the id behind all of them. The masked place is the last.
 * Labels: there the word that was masked, whose topic is one of the document's. Spans: {@code
 * mask}, {@code word1} and so on for the words of the masked word's topic. Corrupted: these words,
 * and the masked one, are those of a topic that is not in the document, word by word. Every topic
 * of a document occurs in it. Splits: cut from all documents.
 */
public final class LdaTopics extends CutTask<IdPair> {
  private final int topics;
  private final int words;
  private final int perDocument;
  private final int length;

  /** The task with 10 topics of 10 words, 2 topics in a document of 24 words. */
  public LdaTopics() {
    this(10, 10, 2, 24);
  }

  /**
   * The task of this size.
   *
   * @param topics how many topics there are; more than {@code perDocument}
   * @param words how many words a topic has
   * @param perDocument how many topics a document has
   * @param length tokens in a document, the masked one included; more than {@code perDocument}
   */
  public LdaTopics(int topics, int words, int perDocument, int length) {
    super(
        new TaskInfo(
            "lda-topics",
            "Which word is masked? Corrupted: all words of its topic are another topic's.",
            "Li, Li and Risteski 2023, How Do Transformers Learn Topic Structure: Towards a"
                + " Mechanistic Understanding"),
        SplitShares.USUAL);
    Ids.atLeast("topics in a document", perDocument, 1);
    Ids.atLeast("topics", topics, perDocument + 1);
    Ids.atLeast("words", words, 1);
    Ids.atLeast("length", length, perDocument + 1);
    this.topics = topics;
    this.words = words;
    this.perDocument = perDocument;
    this.length = length;
  }

  /** Returns the id of the masked place. */
  public int mask() {
    return topics * words;
  }

  /** Returns the topic of a word's id. */
  public int topicOf(int id) {
    return id / words;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    int[] chosen = choices.subset(topics, perDocument);
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < length - 1; i++) {
      // the first places name each topic once, so that documents of different topics differ
      int topic = i < perDocument ? chosen[i] : chosen[choices.below(perDocument)];
      ids.add(topic * words + choices.below(words));
    }
    int topic = chosen[choices.free().nextInt(perDocument)];
    int answer = topic * words + choices.free().nextInt(words);
    List<Integer> taken = new ArrayList<>(Ids.list(chosen));
    int shift = (Ids.other(choices.free(), topics, taken) - topic) * words;
    List<PositionSpan> spans = new ArrayList<>();
    List<Integer> changed = new ArrayList<>(ids);
    for (int i = 0; i < ids.size(); i++) {
      if (topicOf(ids.get(i)) == topic) {
        spans.add(Ids.at("word" + (spans.size() + 1), i));
        changed.set(i, ids.get(i) + shift);
      }
    }
    spans.add(Ids.at("mask", length - 1));
    return new IdPair(
        sequence(ids, answer, spans),
        sequence(changed, answer + shift, spans),
        length - 1,
        "",
        split);
  }

  private IdSequence sequence(List<Integer> ids, int answer, List<PositionSpan> spans) {
    return new IdSequence(
        Ids.plus(ids, List.of(mask())), List.of(new Label(length - 1, answer)), spans);
  }
}
