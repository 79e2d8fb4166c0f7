package io.loupe.datasets.task;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * A task whose examples have no natural groups: all their numbers are put in a fixed scrambled
 * order, and the splits are cut from it. Its generator does not know of splits.
 */
public abstract class CutTask<P extends Pair<?>> extends IndexedTask<P> {
  private static final BigDecimal GOLDEN = new BigDecimal("0.61803398874989484820458683436563811");
  private final SplitShares shares;
  private volatile @Nullable BigInteger total;

  protected CutTask(TaskInfo info, SplitShares shares) {
    super(info);
    this.shares = shares;
  }

  /**
   * Makes an example. Different choices must make different clean inputs.
   *
   * @param split the split to write into it; it must not change the choices
   */
  protected abstract P make(Split split, Choices choices);

  @Override
  protected final BigInteger count(Split split) {
    BigInteger total = total();
    return shares.end(split, total).subtract(shares.start(split, total));
  }

  @Override
  protected final P example(Split split, BigInteger number) {
    BigInteger total = total();
    return make(split, Choices.of(scramble(shares.start(split, total).add(number), total)));
  }

  private BigInteger total() {
    BigInteger counted = total;
    if (counted == null) {
      counted = Choices.count(choices -> make(Split.TRAIN, choices));
      total = counted;
    }
    return counted;
  }

  /** A one-to-one map of the numbers below total: times a factor without common divisor. */
  private BigInteger scramble(BigInteger number, BigInteger total) {
    BigInteger factor =
        new BigDecimal(total)
            .multiply(GOLDEN)
            .toBigInteger()
            .add(BigInteger.valueOf(Mixing.hash(name()) >>> 1))
            .mod(total);
    while (!factor.gcd(total).equals(BigInteger.ONE)) {
      factor = factor.add(BigInteger.ONE);
    }
    return number.multiply(factor).add(BigInteger.valueOf(name().length())).mod(total);
  }
}
