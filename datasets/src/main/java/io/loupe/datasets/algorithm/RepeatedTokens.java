package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Repeated random tokens: different tokens in random order, then the same once more; only induction
 * can predict the second half (Olsson et al. 2022, In-context Learning and Induction Heads).
 *
 * <p>Ids are {@code first} to {@code first + vocabulary - 1}. Labels: the next token, at each place
 * of the second half but its last. Spans: {@code source}, the place in the first half that holds
 * the answer; {@code query}, the asked place in the second half; {@code copy}, the answer's place
 * there. Corrupted: the answer is another token that occurs nowhere else, in both halves. Splits:
 * cut from all sequences.
 */
public final class RepeatedTokens extends CutTask<IdPair> {
  private final int first;
  private final int vocabulary;
  private final int half;

  /** The task with 64 ids from 0 and halves of 16 tokens. */
  public RepeatedTokens() {
    this(0, 64, 16);
  }

  /**
   * The task with ids of a model's choice, such as those of whole words.
   *
   * @param first the smallest id
   * @param vocabulary how many ids there are; more than half
   * @param half how many tokens are repeated; two or more
   */
  public RepeatedTokens(int first, int vocabulary, int half) {
    super(
        new TaskInfo(
            "induction",
            "Random tokens twice: what follows? Corrupted: the token that is to be copied.",
            "Olsson et al. 2022, In-context Learning and Induction Heads"),
        SplitShares.USUAL);
    Ids.atLeast("first id", first, 0);
    Ids.atLeast("half", half, 2);
    Ids.atLeast("vocabulary", vocabulary, half + 1);
    this.first = first;
    this.vocabulary = vocabulary;
    this.half = half;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    List<Integer> tokens = Ids.list(choices.distinct(vocabulary, half));
    int asked = 1 + choices.free().nextInt(half - 1);
    int other = Ids.other(choices.free(), vocabulary, tokens);
    int query = half + asked - 1;
    return new IdPair(
        sequence(tokens, asked), sequence(Ids.with(tokens, asked, other), asked), query, "", split);
  }

  private IdSequence sequence(List<Integer> tokens, int asked) {
    List<Integer> ids = Ids.plus(tokens, tokens).stream().map(id -> id + first).toList();
    List<PositionSpan> spans =
        List.of(
            Ids.at("source", asked),
            Ids.at("query", half + asked - 1),
            Ids.at("copy", half + asked));
    return new IdSequence(ids, Ids.next(ids, IntStream.range(half, 2 * half - 1)), spans);
  }
}
