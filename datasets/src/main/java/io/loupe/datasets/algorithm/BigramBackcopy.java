package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Bigram-backcopy: a chain of bigrams in which a trigger token repeats the token before it (Guo et
 * al. 2024, Active-Dormant Attention Heads: Mechanistically Demystifying Extreme-Token Phenomena in
 * LLMs).
 *
 * <p>Ids: 0 begins the sequence, 1 to {@code triggers} are triggers, the others are plain. A plain
 * token is followed by one of its {@code branching} successors, all as likely, which are fixed by
 * the task's own seed; a trigger is followed by what stood before it. How many triggers stand in a
 * sequence is fixed (the paper leaves it to the bigrams), never two side by side. Labels: at each
 * trigger what follows. Spans: {@code source}, the token before the last trigger; {@code query},
 * that trigger, which ends the sequence. Corrupted: {@code source} is another successor of the
 * token before it. Splits: cut from all sequences.
 */
public final class BigramBackcopy extends CutTask<IdPair> {
  private final int triggers;
  private final int length;
  private final int times;
  private final List<List<Integer>> successors;

  /** The task with 3 triggers, 24 plain tokens with 4 successors, 32 tokens, 4 triggers in them. */
  public BigramBackcopy() {
    this(3, 24, 4, 32, 4, 0);
  }

  /**
   * The task of this size.
   *
   * @param triggers how many ids are triggers, 1 or more
   * @param plain how many ids are plain, 2 or more
   * @param branching how many successors a plain token has, 2 to {@code plain}
   * @param length tokens in a sequence, the first and the last trigger included
   * @param times how many triggers stand in it
   * @param seed the bigrams follow from it
   */
  public BigramBackcopy(int triggers, int plain, int branching, int length, int times, long seed) {
    super(
        new TaskInfo(
            "bigram-backcopy",
            "Which token stood before the trigger, which repeats it? Corrupted: that token.",
            "Guo et al. 2024, Active-Dormant Attention Heads: Mechanistically Demystifying"
                + " Extreme-Token Phenomena in LLMs"),
        SplitShares.USUAL);
    Ids.atLeast("triggers", triggers, 1);
    Ids.atLeast("branching", branching, 2);
    Ids.atLeast("plain tokens", plain, branching);
    Ids.atLeast("triggers in a sequence", times, 1);
    // start, plain, plain and then each trigger with what it copies, a plain token between them
    Ids.atLeast("length", length, 3 * times + 2);
    this.triggers = triggers;
    this.length = length;
    this.times = times;
    this.successors = successors(1 + triggers, plain, branching, new Random(seed));
  }

  /** Returns the successors of an id; those of the first token are all plain ones. */
  public List<Integer> successors(int id) {
    return successors.get(id);
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    TreeSet<Integer> places = places(choices);
    List<Integer> ids = new ArrayList<>(List.of(0));
    while (ids.size() < length) {
      int at = ids.size();
      int last = ids.get(at - 1);
      if (places.contains(at)) {
        ids.add(1 + choices.below(triggers));
      } else if (last >= 1 && last <= triggers) {
        ids.add(ids.get(at - 2));
      } else {
        ids.add(choices.one(successors.get(last)));
      }
    }
    int source = length - 2;
    List<Integer> options = new ArrayList<>(successors.get(ids.get(source - 1)));
    options.remove(ids.get(source));
    int other = choices.anyOf(options);
    return new IdPair(
        sequence(ids, places),
        sequence(Ids.with(ids, source, other), places),
        length - 1,
        "",
        split);
  }

  /**
   * The places of the triggers: the last place, and others at least three apart, so that a plain
   * token that copies nothing stands before each.
   */
  private TreeSet<Integer> places(Choices choices) {
    int free = length - 2 - 3 * (times - 1) - 1;
    int[] gaps = choices.subset(free + times - 1, times - 1);
    TreeSet<Integer> places = new TreeSet<>(List.of(length - 1));
    for (int i = 0; i < times - 1; i++) {
      places.add(2 + gaps[i] + 2 * i);
    }
    return places;
  }

  private IdSequence sequence(List<Integer> ids, TreeSet<Integer> places) {
    List<IdSequence.Label> labels =
        places.stream().map(place -> new IdSequence.Label(place, ids.get(place - 1))).toList();
    List<PositionSpan> spans = List.of(Ids.at("source", length - 2), Ids.at("query", length - 1));
    return new IdSequence(ids, labels, spans);
  }

  private static List<List<Integer>> successors(
      int first, int plain, int branching, Random random) {
    List<Integer> all = IntStream.range(first, first + plain).boxed().toList();
    List<List<Integer>> successors = new ArrayList<>(List.of(all));
    for (int id = 1; id < first + plain; id++) {
      List<Integer> order = new ArrayList<>(all);
      Collections.shuffle(order, random);
      successors.add(id < first ? List.of() : List.copyOf(order.subList(0, branching)));
    }
    return List.copyOf(successors);
  }
}
