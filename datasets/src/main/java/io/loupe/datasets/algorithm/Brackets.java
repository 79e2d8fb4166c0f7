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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Balanced brackets, for a classifier (Yao et al. 2021, Self-Attention Networks Can Process Bounded
 * Hierarchical Languages; as a model to study, McDougall and Nanda 2023, ARENA).
 *
 * <p>Ids: {@link #OPEN}, {@link #CLOSE}, {@link #START} in front and {@link #END} behind. The label
 * is at position 0: class 1 is balanced, 0 is not. The clean sequence is balanced, the corrupted
 * one is not, so a draw has as many of each. Spans: {@code start}, {@code changed} (one bracket),
 * or {@code changed1} and {@code changed2}. Splits: cut from all balanced sequences.
 */
public final class Brackets extends CutTask<IdPair> {
  /** An opening bracket. */
  public static final int OPEN = 0;

  /** A closing bracket. */
  public static final int CLOSE = 1;

  /** The first token, at which the class is read. */
  public static final int START = 2;

  /** The last token. */
  public static final int END = 3;

  /** How a sequence is made unbalanced. */
  public enum Corruption {
    /** One bracket is turned round: there are more of one kind. */
    COUNT,
    /** Two are exchanged: as many of each, but somewhere more are closed than were open. */
    ORDER
  }

  private final int pairs;
  private final Corruption corruption;
  private final BigInteger[][] ways;

  /** The task with 10 pairs of brackets, one of which is turned round. */
  public Brackets() {
    this(10, Corruption.COUNT);
  }

  /**
   * The task with this many pairs of brackets, 2 or more.
   *
   * @param pairs half the number of brackets
   */
  public Brackets(int pairs, Corruption corruption) {
    super(
        new TaskInfo(
            "brackets",
            "Are the brackets balanced? Corrupted: "
                + switch (corruption) {
                  case COUNT -> "one bracket is turned round.";
                  case ORDER -> "two brackets are exchanged; their numbers are right.";
                },
            "Yao et al. 2021, Self-Attention Networks Can Process Bounded Hierarchical Languages; as a"
                + " model to study, McDougall and Nanda 2023, ARENA"),
        SplitShares.USUAL);
    Ids.atLeast("pairs", pairs, 2);
    this.pairs = pairs;
    this.corruption = corruption;
    this.ways = ways(2 * pairs);
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    List<Integer> clean = balanced(choices.below(ways[2 * pairs][0]));
    Random random = choices.free();
    List<Integer> corrupted = clean;
    List<IdSequence.PositionSpan> spans = new ArrayList<>(List.of(Ids.at("start", 0)));
    if (corruption == Corruption.COUNT) {
      int place = random.nextInt(clean.size());
      corrupted = Ids.with(clean, place, OPEN + CLOSE - clean.get(place));
      spans.add(Ids.at("changed", place + 1));
    } else {
      // an opening bracket and a later closing one; the first and the last always will do
      List<int[]> places = exchanges(clean);
      int[] two = places.get(random.nextInt(places.size()));
      corrupted = Ids.with(Ids.with(clean, two[0], CLOSE), two[1], OPEN);
      spans.add(Ids.at("changed1", two[0] + 1));
      spans.add(Ids.at("changed2", two[1] + 1));
    }
    return new IdPair(sequence(clean, 1, spans), sequence(corrupted, 0, spans), 0, "", split);
  }

  /** Returns whether these brackets are balanced. */
  public static boolean isBalanced(List<Integer> brackets) {
    int depth = 0;
    for (int bracket : brackets) {
      depth += bracket == OPEN ? 1 : -1;
      if (depth < 0) {
        return false;
      }
    }
    return depth == 0;
  }

  private static List<int[]> exchanges(List<Integer> clean) {
    List<int[]> places = new ArrayList<>();
    for (int i = 0; i < clean.size(); i++) {
      for (int j = i + 1; j < clean.size(); j++) {
        if (clean.get(i) == OPEN
            && clean.get(j) == CLOSE
            && !isBalanced(Ids.with(Ids.with(clean, i, CLOSE), j, OPEN))) {
          places.add(new int[] {i, j});
        }
      }
    }
    return places;
  }

  private static IdSequence sequence(
      List<Integer> brackets, int label, List<IdSequence.PositionSpan> spans) {
    List<Integer> ids = Ids.plus(Ids.plus(List.of(START), brackets), List.of(END));
    return new IdSequence(ids, List.of(new Label(0, label)), spans);
  }

  /** The balanced sequence of this rank among all, opening brackets first. */
  private List<Integer> balanced(BigInteger rank) {
    List<Integer> brackets = new ArrayList<>();
    int depth = 0;
    for (int left = 2 * pairs - 1; left >= 0; left--) {
      BigInteger opening = ways[left][depth + 1];
      if (rank.compareTo(opening) < 0) {
        brackets.add(OPEN);
        depth++;
      } else {
        rank = rank.subtract(opening);
        brackets.add(CLOSE);
        depth--;
      }
    }
    return brackets;
  }

  /** How many ways there are to end at depth 0 with so many brackets left, [left][depth]. */
  private static BigInteger[][] ways(int length) {
    BigInteger[][] ways = new BigInteger[length + 1][length + 2];
    for (int left = 0; left <= length; left++) {
      for (int depth = 0; depth <= length + 1; depth++) {
        BigInteger up = left > 0 && depth <= length ? ways[left - 1][depth + 1] : BigInteger.ZERO;
        BigInteger down = left > 0 && depth > 0 ? ways[left - 1][depth - 1] : BigInteger.ZERO;
        ways[left][depth] = left == 0 && depth == 0 ? BigInteger.ONE : up.add(down);
      }
    }
    return ways;
  }

  /** Returns the brackets of a sequence, without the tokens around them. */
  public static List<Integer> brackets(IdSequence sequence) {
    return IntStream.range(1, sequence.ids().size() - 1).mapToObj(sequence.ids()::get).toList();
  }
}
