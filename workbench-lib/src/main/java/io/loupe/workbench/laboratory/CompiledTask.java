package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.math.BigInteger;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Prompts of a compiled model: the answer is read at the last position; the corrupted prompt is
 * another one of the same length with another answer.
 */
final class CompiledTask extends CutTask<IdPair> {
  /** Bits of the numbers of corrupted prompts: far more than there are prompts. */
  private static final int BITS = 256;

  private final Function<Choices, List<Integer>> prompt;
  private final UnaryOperator<int[]> function;
  private final int fixed;

  /**
   * Makes the task.
   *
   * @param prompt different choices make different prompts
   * @param function what is right at each position, -1 for nothing
   * @param fixed how many tokens at the beginning all prompts share
   */
  CompiledTask(
      TaskInfo info,
      Function<Choices, List<Integer>> prompt,
      UnaryOperator<int[]> function,
      int fixed) {
    super(info, SplitShares.USUAL);
    this.prompt = prompt;
    this.function = function;
    this.fixed = fixed;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    IdSequence clean = sequence(prompt.apply(choices));
    int last = clean.ids().size() - 1;
    IdSequence corrupted;
    do {
      BigInteger number = new BigInteger(BITS, choices.free());
      corrupted = sequence(prompt.apply(Choices.of(number)));
    } while (corrupted.ids().size() != clean.ids().size()
        || corrupted.label(last) == clean.label(last));
    return new IdPair(clean, corrupted, last, "", split);
  }

  private IdSequence sequence(List<Integer> ids) {
    int[] said = function.apply(ids.stream().mapToInt(id -> id).toArray());
    List<Label> labels =
        IntStream.range(0, said.length)
            .filter(position -> said[position] >= 0)
            .mapToObj(position -> new Label(position, said[position]))
            .toList();
    return new IdSequence(ids, labels, List.of(new PositionSpan("text", fixed, ids.size())));
  }
}
