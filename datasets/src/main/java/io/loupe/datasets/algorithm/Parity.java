package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.util.List;
import java.util.stream.Stream;

/**
 * Parity: are the ones of a bit string odd in number? (Hahn 2020, Theoretical Limitations of
 * Self-Attention in Neural Sequence Models.)
 *
 * <p>Ids 0 and 1 are the bits, {@link #END} follows them; its label is the parity, 0 or 1. Span:
 * {@code bit}. Corrupted: that bit is the other one. Splits: cut from all strings.
 */
public final class Parity extends CutTask<IdPair> {
  /** The last token, at which the parity is read. */
  public static final int END = 2;

  private final int bits;

  /** The task with 16 bits. */
  public Parity() {
    this(16);
  }

  /** The task with this many bits, 4 or more. */
  public Parity(int bits) {
    super(
        new TaskInfo(
            "parity",
            "Is the number of ones odd? Corrupted: one bit.",
            "Hahn 2020, Theoretical Limitations of Self-Attention in Neural Sequence Models"),
        SplitShares.USUAL);
    Ids.atLeast("bits", bits, 4);
    this.bits = bits;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    List<Integer> string = Stream.generate(() -> choices.below(2)).limit(bits).toList();
    int place = choices.free().nextInt(bits);
    return new IdPair(
        sequence(string, place),
        sequence(Ids.with(string, place, 1 - string.get(place)), place),
        bits,
        "",
        split);
  }

  private IdSequence sequence(List<Integer> string, int place) {
    int parity = string.stream().mapToInt(bit -> bit).sum() % 2;
    return new IdSequence(
        Ids.plus(string, List.of(END)),
        List.of(new Label(bits, parity)),
        List.of(Ids.at("bit", place)));
  }
}
