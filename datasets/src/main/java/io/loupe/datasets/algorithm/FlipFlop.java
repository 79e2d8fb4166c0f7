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
import java.util.Arrays;
import java.util.List;

/**
 * Flip-flop: instructions write a bit, ignore one, or read the bit last written (Liu et al. 2023,
 * Exposing Attention Glitches with Flip-Flop Language Modeling).
 *
 * <p>Ids 0 and 1 are bits; {@link #WRITE}, {@link #READ} and {@link #IGNORE} stand before each. The
 * first instruction writes, the last reads; between them the numbers of writes and reads are fixed
 * (the paper draws each instruction by chance), so that what is asked is as rare as one likes.
 * Labels: the bit, at each read. Spans: {@code write}, the bit that the last read asks for; {@code
 * query}, the last read; {@code read1} and so on, the bits of the reads after that write.
 * Corrupted: the written bit and those reads' are the other one. Splits: cut from all sequences.
 */
public final class FlipFlop extends CutTask<IdPair> {
  /** The next bit is to be remembered. */
  public static final int WRITE = 2;

  /** The next bit is the one last written. */
  public static final int READ = 3;

  /** The next bit is noise. */
  public static final int IGNORE = 4;

  private final int instructions;
  private final int writes;
  private final int reads;

  /** The task with 16 instructions, of which 2 write and 2 read between the first and the last. */
  public FlipFlop() {
    this(16, 2, 2);
  }

  /**
   * The task of this size.
   *
   * @param instructions how many there are; a sequence has two tokens for each
   * @param writes how many between the first and the last write
   * @param reads how many between them read; the others are ignored
   */
  public FlipFlop(int instructions, int writes, int reads) {
    super(
        new TaskInfo(
            "flip-flop",
            "Which bit was written last? Corrupted: that bit.",
            "Liu et al. 2023, Exposing Attention Glitches with Flip-Flop Language Modeling"),
        SplitShares.USUAL);
    Ids.atLeast("writes", writes, 0);
    Ids.atLeast("reads", reads, 0);
    Ids.atLeast("instructions", instructions, writes + reads + 2);
    Ids.atLeast("instructions", instructions, 4);
    this.instructions = instructions;
    this.writes = writes;
    this.reads = reads;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    int middle = instructions - 2;
    int[] kinds = new int[instructions];
    Arrays.fill(kinds, IGNORE);
    int[] busy = choices.subset(middle, writes + reads);
    for (int place : busy) {
      kinds[1 + place] = READ;
    }
    for (int which : choices.subset(writes + reads, writes)) {
      kinds[1 + busy[which]] = WRITE;
    }
    kinds[0] = WRITE;
    kinds[instructions - 1] = READ;
    int[] bits = new int[instructions];
    int last = 0;
    for (int i = 0; i < instructions; i++) {
      if (kinds[i] != READ) {
        bits[i] = choices.below(2);
      }
      last = kinds[i] == WRITE ? i : last;
    }
    IdSequence clean = sequence(kinds, bits, last);
    bits[last] = 1 - bits[last];
    return new IdPair(clean, sequence(kinds, bits, last), 2 * (instructions - 1), "", split);
  }

  private IdSequence sequence(int[] kinds, int[] bits, int last) {
    List<Integer> ids = new ArrayList<>();
    List<Label> labels = new ArrayList<>();
    List<PositionSpan> spans = new ArrayList<>();
    int state = 0;
    for (int i = 0; i < instructions; i++) {
      state = kinds[i] == WRITE ? bits[i] : state;
      if (kinds[i] == READ) {
        labels.add(new Label(2 * i, state));
        if (i > last) {
          spans.add(Ids.at("read" + (spans.size() + 1), 2 * i + 1));
        }
      }
      ids.add(kinds[i]);
      ids.add(kinds[i] == READ ? state : bits[i]);
    }
    spans.add(Ids.at("write", 2 * last + 1));
    spans.add(Ids.at("query", 2 * (instructions - 1)));
    return new IdSequence(ids, labels, spans);
  }
}
