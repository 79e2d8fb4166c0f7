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
import java.util.SplittableRandom;

/**
 * Modular addition: a, b, = is followed by (a + b) mod p (Power et al. 2022, Grokking; Nanda et al.
 * 2023, Progress measures for grokking via mechanistic interpretability).
 *
 * <p>Ids 0 to p - 1 are numbers, p is the equals sign, whose label is the sum. Spans: {@code a},
 * {@code b}. Corrupted: {@code b} is another number. Splits: cut from all p * p sums; the papers
 * train on 30 % of them, which is the default. The sums of a split are scattered: had they a period
 * in a and b, a model would learn that wave first.
 */
public final class ModularAddition extends CutTask<IdPair> {
  private static final int ROUNDS = 4;

  private final int modulus;

  /** The task with p = 113 and 30 % to train on. */
  public ModularAddition() {
    this(113, new SplitShares(0.3, 0.1));
  }

  /**
   * The task with this modulus, 4 or more.
   *
   * @param modulus p; the papers take a prime
   */
  public ModularAddition(int modulus, SplitShares shares) {
    super(
        new TaskInfo(
            "modular-addition",
            "What is a + b modulo %d? Corrupted: b.".formatted(modulus),
            "Nanda et al. 2023, Progress measures for grokking via mechanistic interpretability"),
        shares);
    Ids.atLeast("modulus", modulus, 4);
    this.modulus = modulus;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    int a = choices.below(modulus);
    int b = choices.below(modulus);
    for (int round = 0; round < ROUNDS; round++) {
      // a Feistel network: whatever is added to a, another pair stays another pair
      int before = a;
      a = b;
      b = (before + new SplittableRandom((long) round * modulus + b).nextInt(modulus)) % modulus;
    }
    int other = Ids.other(choices.free(), modulus, List.of(b));
    return new IdPair(sequence(a, b), sequence(a, other), 2, "", split);
  }

  private IdSequence sequence(int a, int b) {
    return new IdSequence(
        List.of(a, b, modulus),
        List.of(new Label(2, (a + b) % modulus)),
        List.of(Ids.at("a", 0), Ids.at("b", 1)));
  }
}
