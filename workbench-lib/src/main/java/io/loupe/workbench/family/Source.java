package io.loupe.workbench.family;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where one of our parameters stands in a checkpoint, and what is done to it when it is read.
 *
 * @param names the tensor's name there, and those it has in other writers' checkpoints
 * @param shape the shape it must have there
 * @param cut which part of it is ours
 * @param transposed whether it is stored [in, out] rather than [out, in]
 * @param plus what is added to every entry: Gemma stores its norms' weights minus 1
 * @param times a matrix that ours is multiplied with from the right; empty for none
 */
record Source(
    List<String> names,
    List<Long> shape,
    Cut cut,
    boolean transposed,
    double plus,
    Optional<Source> times) {

  /** A part of a tensor that holds several parameters. */
  sealed interface Cut {
    /** All of it. */
    record Whole() implements Cut {}

    /** A run of indices on one dimension. */
    record Range(int dimension, long from, long to) implements Cut {}

    /**
     * The first dimension holds, for each head, the rows of all parts behind each other; ours is
     * one part.
     */
    record OfEachHead(long heads, long parts, long part) implements Cut {}
  }

  static Source of(String tensor, long... shape) {
    return new Source(
        List.of(tensor),
        Arrays.stream(shape).boxed().toList(),
        new Cut.Whole(),
        false,
        0,
        Optional.empty());
  }

  /** Another tensor that is stored as this one is. */
  Source named(String tensor) {
    return new Source(List.of(tensor), shape, cut, transposed, plus, times);
  }

  /** Under another name in some checkpoints. */
  Source or(String other) {
    List<String> all = new ArrayList<>(names);
    all.add(other);
    return new Source(all, shape, cut, transposed, plus, times);
  }

  /** A linear layer that is stored [in, out], as GPT-2's are. */
  Source storedInOut() {
    return new Source(names, shape, cut, true, plus, times);
  }

  /** A part of a fused tensor. */
  Source part(int dimension, long from, long to) {
    return with(new Cut.Range(dimension, from, to));
  }

  /** One of several parts that stand side by side within each head. */
  Source ofEachHead(long heads, long parts, long part) {
    return with(new Cut.OfEachHead(heads, parts, part));
  }

  /** With a number added. */
  Source plus(double number) {
    return new Source(names, shape, cut, transposed, number, times);
  }

  /** Multiplied with a matrix from the right. */
  Source times(Source matrix) {
    return new Source(names, shape, cut, transposed, plus, Optional.of(matrix));
  }

  private Source with(Cut other) {
    return new Source(names, shape, other, transposed, plus, times);
  }
}
