package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Counting: how often does the last token occur before it? (Selective counting as in Golovneva et
 * al. 2024, Contextual Position Encoding: Learning to Count What's Important.)
 *
 * <p>Ids 0 to {@code letters - 1} are the letters; the last token names one that occurs 1 to {@code
 * length} times, and its label is that number as id {@code letters + count}. Spans: {@code
 * dropped}, {@code query}. Corrupted: one occurrence is another letter, so there is one less.
 * Splits: cut from all sequences.
 */
public final class Counting extends CutTask<IdPair> {
  private final int letters;
  private final int length;

  /** The task with 6 letters and 12 places. */
  public Counting() {
    this(6, 12);
  }

  /**
   * The task of this size.
   *
   * @param letters how many letters there are, 2 or more
   * @param length how many stand before the question, 2 or more
   */
  public Counting(int letters, int length) {
    super(
        new TaskInfo(
            "counting",
            "How often did the letter occur? Corrupted: once less.",
            "Golovneva et al. 2024, Contextual Position Encoding: Learning to Count What's"
                + " Important"),
        SplitShares.USUAL);
    Ids.atLeast("letters", letters, 2);
    Ids.atLeast("length", length, 2);
    this.letters = letters;
    this.length = length;
  }

  /** Returns the id that says a count. */
  public int idOf(int count) {
    return letters + count;
  }

  @Override
  protected IdPair make(Split split, Choices all) {
    int asked = all.below(letters);
    List<BigInteger> sizes = IntStream.rangeClosed(1, length).mapToObj(this::withCount).toList();
    Choices.Part part = all.part(sizes);
    int count = 1 + part.index();
    Choices choices = part.choices();
    int[] places = choices.subset(length, count);
    Integer[] ids = new Integer[length];
    for (int place : places) {
      ids[place] = asked;
    }
    for (int i = 0; i < length; i++) {
      if (ids[i] == null) {
        int other = choices.below(letters - 1);
        ids[i] = other < asked ? other : other + 1;
      }
    }
    List<Integer> clean = Arrays.asList(ids);
    int dropped = places[choices.free().nextInt(count)];
    int other = Ids.other(choices.free(), letters, List.of(asked));
    return new IdPair(
        sequence(clean, asked, dropped),
        sequence(Ids.with(clean, dropped, other), asked, dropped),
        length,
        "",
        split);
  }

  private IdSequence sequence(List<Integer> text, int asked, int dropped) {
    int count = (int) text.stream().filter(id -> id == asked).count();
    return new IdSequence(
        Ids.plus(text, List.of(asked)),
        List.of(new Label(length, idOf(count))),
        List.of(Ids.at("dropped", dropped), Ids.at("query", length)));
  }

  private BigInteger withCount(int count) {
    return Choices.binomial(length, count)
        .multiply(BigInteger.valueOf(letters - 1L).pow(length - count));
  }
}
