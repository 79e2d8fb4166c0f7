package io.loupe.datasets.task;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * How much of a task goes to which split; what is left of 1 is the test split.
 *
 * @param train share of the training split, in (0, 1)
 * @param validation share of the validation split, in (0, 1 - train)
 */
public record SplitShares(double train, double validation) {
  /** 80 % to train on, 10 % to choose on, 10 % to report on. */
  public static final SplitShares USUAL = new SplitShares(0.8, 0.1);

  public SplitShares {
    if (!(train > 0 && validation > 0 && train + validation < 1)) {
      throw new IllegalArgumentException(
          "Shares need train > 0, validation > 0 and train + validation < 1, got train "
              + train
              + ", validation "
              + validation);
    }
  }

  /** Returns where a split begins among so many things in a row. */
  BigInteger start(Split split, BigInteger size) {
    return switch (split) {
      case TRAIN -> BigInteger.ZERO;
      case VALIDATION -> part(size, BigDecimal.valueOf(train));
      case TEST -> part(size, BigDecimal.valueOf(train).add(BigDecimal.valueOf(validation)));
    };
  }

  /** Returns where a split ends among so many things in a row. */
  BigInteger end(Split split, BigInteger size) {
    return switch (split) {
      case TRAIN -> start(Split.VALIDATION, size);
      case VALIDATION -> start(Split.TEST, size);
      case TEST -> size;
    };
  }

  private static BigInteger part(BigInteger size, BigDecimal share) {
    return new BigDecimal(size).multiply(share).toBigInteger();
  }
}
