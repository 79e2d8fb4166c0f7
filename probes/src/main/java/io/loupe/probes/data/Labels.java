package io.loupe.probes.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** What a probe should tell of each example: its class, numbers, or which tags it has. */
public sealed interface Labels {

  /** Returns the number of examples. */
  int size();

  /** Returns the names of the classes, numbers or tags. */
  List<String> names();

  /** Returns the labels of some examples, in the order in which they are named. */
  Labels at(int[] rows);

  /**
   * Refuses what no probe can learn: one class only, numbers that do not vary or are not finite, a
   * tag that all have or none has.
   *
   * @param rows the examples that are looked at
   * @param what they are for, for the message
   */
  void requireLearnable(int[] rows, String what);

  /** Makes classes of names; the classes are in alphabetical order. */
  static Classes classes(List<String> ofEach) {
    List<String> names = List.copyOf(new TreeSet<>(ofEach));
    return new Classes(names, ofEach.stream().mapToInt(names::indexOf).toArray());
  }

  /** Makes two classes, {@code false} and {@code true}. */
  static Classes truth(List<Boolean> ofEach) {
    return new Classes(
        List.of("false", "true"), ofEach.stream().mapToInt(truth -> truth ? 1 : 0).toArray());
  }

  /** Makes one number for each example. */
  static Numbers numbers(String name, double... ofEach) {
    return new Numbers(
        List.of(name),
        Arrays.stream(ofEach).mapToObj(x -> new double[] {x}).toArray(double[][]::new));
  }

  /** Makes tags of each example's set of names; the tags are in alphabetical order. */
  static Tags tags(List<? extends Collection<String>> ofEach) {
    TreeSet<String> all = new TreeSet<>();
    ofEach.forEach(all::addAll);
    List<String> names = List.copyOf(all);
    boolean[][] has = new boolean[ofEach.size()][names.size()];
    for (int row = 0; row < has.length; row++) {
      for (String tag : ofEach.get(row)) {
        has[row][names.indexOf(tag)] = true;
      }
    }
    return new Tags(names, has);
  }

  /**
   * One class for each example.
   *
   * @param names the classes' names
   * @param of each example's class, an index of the names; kept, not copied
   */
  record Classes(List<String> names, int[] of) implements Labels {
    public Classes {
      names = List.copyOf(names);
      for (int row = 0; row < of.length; row++) {
        if (of[row] < 0 || of[row] >= names.size()) {
          throw new IllegalArgumentException(
              "Example %d has class %d; there are classes 0 to %d: %s"
                  .formatted(row, of[row], names.size() - 1, names));
        }
      }
    }

    @Override
    public int size() {
      return of.length;
    }

    @Override
    public Classes at(int[] rows) {
      return new Classes(names, IntStream.of(rows).map(row -> of[row]).toArray());
    }

    /** Returns how many of some examples each class has; [class]. */
    public int[] counts(int[] rows) {
      int[] counts = new int[names.size()];
      IntStream.of(rows).forEach(row -> counts[of[row]]++);
      return counts;
    }

    @Override
    public void requireLearnable(int[] rows, String what) {
      int[] counts = counts(rows);
      List<String> there = new ArrayList<>();
      for (int c = 0; c < counts.length; c++) {
        if (counts[c] > 0) {
          there.add(names.get(c));
        }
      }
      if (there.size() < 2) {
        throw new IllegalArgumentException(
            "A classifier needs two classes; the %d %s examples have %s of %s only. Give more examples, other groups or another seed"
                .formatted(rows.length, what, there, names));
      }
    }
  }

  /**
   * Numbers for each example.
   *
   * @param names the numbers' names, such as latitude and longitude
   * @param values [example][number]; kept, not copied
   */
  record Numbers(List<String> names, double[][] values) implements Labels {
    public Numbers {
      names = List.copyOf(names);
      for (int row = 0; row < values.length; row++) {
        if (values[row].length != names.size()) {
          throw new IllegalArgumentException(
              "Example %d has %d numbers, expected one for each of %s"
                  .formatted(row, values[row].length, names));
        }
        for (int i = 0; i < names.size(); i++) {
          if (!Double.isFinite(values[row][i])) {
            throw new IllegalArgumentException(
                "Numbers must be finite; '%s' of example %d is %s"
                    .formatted(names.get(i), row, values[row][i]));
          }
        }
      }
    }

    @Override
    public int size() {
      return values.length;
    }

    @Override
    public Numbers at(int[] rows) {
      return new Numbers(
          names, IntStream.of(rows).mapToObj(row -> values[row]).toArray(double[][]::new));
    }

    /** Returns one number of all examples; [example]. */
    public double[] column(int number) {
      return Arrays.stream(values).mapToDouble(row -> row[number]).toArray();
    }

    @Override
    public void requireLearnable(int[] rows, String what) {
      for (int i = 0; i < names.size(); i++) {
        int number = i;
        if (IntStream.of(rows).mapToDouble(row -> values[row][number]).distinct().count() < 2) {
          throw new IllegalArgumentException(
              "A regression needs numbers that vary; '%s' is the same in all %d %s examples"
                  .formatted(names.get(i), rows.length, what));
        }
      }
    }
  }

  /**
   * A set of tags for each example.
   *
   * @param names the tags' names
   * @param has [example][tag]; kept, not copied
   */
  record Tags(List<String> names, boolean[][] has) implements Labels {
    public Tags {
      names = List.copyOf(names);
      for (int row = 0; row < has.length; row++) {
        if (has[row].length != names.size()) {
          throw new IllegalArgumentException(
              "Example %d has %d truth values, expected one for each of %s"
                  .formatted(row, has[row].length, names));
        }
      }
    }

    @Override
    public int size() {
      return has.length;
    }

    @Override
    public Tags at(int[] rows) {
      return new Tags(
          names, IntStream.of(rows).mapToObj(row -> has[row]).toArray(boolean[][]::new));
    }

    @Override
    public void requireLearnable(int[] rows, String what) {
      for (int i = 0; i < names.size(); i++) {
        int tag = i;
        long with = IntStream.of(rows).filter(row -> has[row][tag]).count();
        if (with == 0 || with == rows.length) {
          throw new IllegalArgumentException(
              "A tag needs examples with and without it; '%s' has %d of the %d %s examples"
                  .formatted(names.get(i), with, rows.length, what));
        }
      }
    }
  }

  /**
   * Returns labels whose rows among these were permuted: the baseline for which there is nothing to
   * learn, with the same balance. Other rows keep theirs.
   */
  static Labels shuffled(Labels labels, int[] rows, long seed) {
    int[] from = IntStream.range(0, labels.size()).toArray();
    int[] order = rows.clone();
    Random random = new Random(seed);
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    for (int i = 0; i < rows.length; i++) {
      from[rows[i]] = order[i];
    }
    return labels.at(from);
  }
}
