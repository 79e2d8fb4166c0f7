package io.loupe.datasets.task;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The choices that make one example, read from its number as digits of a mixed radix: the first
 * choice among n options is the number modulo n, the next is made with what is left. So every
 * number below the product of the options gives another series of choices, and a generator that is
 * a plain series of draws says exactly how many examples it has: {@link #count} runs it once.
 *
 * <p>How many options there are must not depend on what was chosen before; where it does, {@link
 * #part} splits the numbers.
 */
public final class Choices {
  private final BigInteger number;
  private BigInteger left;
  private BigInteger product = BigInteger.ONE;
  private final boolean counting;
  private @Nullable Random free;

  private Choices(BigInteger number, boolean counting) {
    this.number = number;
    this.left = number;
    this.counting = counting;
  }

  /** Returns the choices of the example of this number, which must not be negative. */
  public static Choices of(BigInteger number) {
    return new Choices(number, false);
  }

  /**
   * Returns how many different series of choices there are; 0 if some choice has no option.
   *
   * @param generator makes an example; it is run once
   */
  public static BigInteger count(Consumer<Choices> generator) {
    Choices choices = new Choices(BigInteger.ZERO, true);
    try {
      generator.accept(choices);
    } catch (NoOption none) {
      return BigInteger.ZERO;
    }
    return choices.product;
  }

  /** Returns a number below n, chosen from n options. */
  public BigInteger below(BigInteger n) {
    if (n.signum() <= 0) {
      throw new NoOption();
    }
    if (counting) {
      product = product.multiply(n);
    }
    BigInteger[] division = left.divideAndRemainder(n);
    left = division[0];
    return division[1];
  }

  /** Returns a number below n, chosen from n options. */
  public int below(int n) {
    return below(BigInteger.valueOf(n)).intValueExact();
  }

  /** Returns true or false. */
  public boolean coin() {
    return below(2) == 1;
  }

  /** Returns one of these. */
  public <T> T one(List<T> options) {
    return options.get(below(options.size()));
  }

  /** Returns k different ones of these in any order: n (n - 1) ... (n - k + 1) options. */
  public <T> List<T> distinct(List<T> options, int k) {
    List<T> chosen = new ArrayList<>(k);
    for (int index : distinct(options.size(), k)) {
      chosen.add(options.get(index));
    }
    return chosen;
  }

  /** Returns k different numbers below n in any order. */
  public int[] distinct(int n, int k) {
    int[] chosen = new int[k];
    Map<Integer, Integer> moved = new HashMap<>();
    for (int i = 0; i < k; i++) {
      int at = i + below(n - i);
      chosen[i] = moved.getOrDefault(at, at);
      moved.put(at, moved.getOrDefault(i, i));
    }
    return chosen;
  }

  /** Returns k different numbers below n, ascending: n! / (k! (n - k)!) options. */
  public int[] subset(int n, int k) {
    BigInteger ways = binomial(n, k);
    BigInteger rank = below(ways);
    int[] chosen = new int[k];
    int filled = 0;
    // ways is the number of ways to choose what is missing from the numbers at and above value
    for (int value = 0; filled < k; value++) {
      int above = n - value;
      BigInteger with =
          ways.multiply(BigInteger.valueOf(k - filled)).divide(BigInteger.valueOf(above));
      if (rank.compareTo(with) < 0) {
        chosen[filled++] = value;
        ways = with;
      } else {
        rank = rank.subtract(with);
        ways = ways.subtract(with);
      }
    }
    return chosen;
  }

  /**
   * Chooses one of several kinds of example that have different numbers of options. All further
   * choices are made with the part's own.
   *
   * @param sizes how many series of choices each kind has
   */
  public Part part(List<BigInteger> sizes) {
    BigInteger rest = below(sizes.stream().reduce(BigInteger.ZERO, BigInteger::add));
    int index = 0;
    while (rest.compareTo(sizes.get(index)) >= 0) {
      rest = rest.subtract(sizes.get(index++));
    }
    return new Part(index, new Choices(rest, false));
  }

  /**
   * One of several kinds of example.
   *
   * @param index which kind
   * @param choices the choices within it
   */
  public record Part(int index, Choices choices) {}

  /**
   * Returns random numbers that are no choices and not counted: they follow from the example's
   * number, so that the same example is the same each time.
   */
  public Random free() {
    Random random = free;
    if (random == null) {
      random = new Random(Mixing.hash(number));
      free = random;
    }
    return random;
  }

  /** Returns one of these by {@link #free}. */
  public <T> T anyOf(List<T> options) {
    if (options.isEmpty()) {
      throw new NoOption();
    }
    return options.get(free().nextInt(options.size()));
  }

  /** Returns n! / (k! (n - k)!). */
  public static BigInteger binomial(int n, int k) {
    if (k < 0 || k > n) {
      return BigInteger.ZERO;
    }
    BigInteger ways = BigInteger.ONE;
    for (int i = 1; i <= k; i++) {
      ways = ways.multiply(BigInteger.valueOf(n - k + (long) i)).divide(BigInteger.valueOf(i));
    }
    return ways;
  }

  /** A choice without an option: there is no such example. */
  private static final class NoOption extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NoOption() {
      super("A choice has no option; the size says so before anything is drawn");
    }
  }
}
