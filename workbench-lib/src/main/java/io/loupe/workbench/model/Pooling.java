package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

/** How the activations at a row's positions become one: that of a token, or a mean. */
public sealed interface Pooling {

  /** The activation at a row's last token. */
  static Pooling last() {
    return at(-1);
  }

  /** The activation at a position of each row's own tokens, -1 being its last. */
  static Pooling at(int position) {
    return new At(position);
  }

  /** The mean over all of a row's tokens, padding left out. */
  static Pooling mean() {
    return new Mean();
  }

  /** The mean over a named span of each row. */
  static Pooling span(String name) {
    return new Named(name);
  }

  /**
   * Returns how much each position of a row counts, by the row's own tokens; sums to one.
   *
   * @throws IllegalArgumentException if the row has no such position or span
   */
  double[] weights(Tokens tokens, int row);

  /**
   * Pools activations.
   *
   * @param activation [batch, pos, ...]
   * @return [batch, ...], in the manager of the activation
   */
  default NDArray apply(HookPoint at, NDArray activation, Tokens tokens) {
    if (at.site().axes().indexOf(Axis.POS) != 1) {
      throw new IllegalArgumentException(
          "Positions are pooled where axis 1 is POS; %s has %s".formatted(at, at.site().axes()));
    }
    long[] shape = activation.getShape().getShape();
    int columns = (int) shape[1];
    double[] flat = new double[tokens.batch() * columns];
    for (int row = 0; row < tokens.batch(); row++) {
      double[] own = weights(tokens, row);
      int[] where = tokens.columns(row);
      for (int position = 0; position < own.length; position++) {
        flat[row * columns + where[position]] = own[position];
      }
    }
    long[] broadcast = new long[shape.length];
    Arrays.fill(broadcast, 1);
    broadcast[0] = tokens.batch();
    broadcast[1] = columns;
    DataType type = activation.getDataType();
    try (NDManager scope = activation.getManager().newSubManager()) {
      NDArray weights = scope.create(flat, new Shape(broadcast)).toType(type, false);
      NDArray weighted = activation.mul(weights);
      weighted.attach(scope);
      NDArray pooled = weighted.sum(new int[] {1});
      pooled.attach(activation.getManager());
      return pooled;
    }
  }

  /**
   * One position.
   *
   * @param position counted from the row's start, or from its end if negative
   */
  record At(int position) implements Pooling {
    @Override
    public double[] weights(Tokens tokens, int row) {
      int length = tokens.length(row);
      int index = position < 0 ? length + position : position;
      if (index < 0 || index >= length) {
        throw new IllegalArgumentException(
            "Row %d has %d tokens and no position %d".formatted(row, length, position));
      }
      double[] weights = new double[length];
      weights[index] = 1;
      return weights;
    }

    @Override
    public String toString() {
      return position == -1 ? "last token" : "token at " + position;
    }
  }

  /** All positions alike. */
  record Mean() implements Pooling {
    @Override
    public double[] weights(Tokens tokens, int row) {
      double[] weights = new double[tokens.length(row)];
      Arrays.fill(weights, 1.0 / weights.length);
      return weights;
    }

    @Override
    public String toString() {
      return "mean over tokens";
    }
  }

  /**
   * The positions of a span alike.
   *
   * @param span its name
   */
  record Named(String span) implements Pooling {
    @Override
    public double[] weights(Tokens tokens, int row) {
      Span own = tokens.span(row, span);
      double[] weights = new double[tokens.length(row)];
      Arrays.fill(weights, own.start(), own.end(), 1.0 / (own.end() - own.start()));
      return weights;
    }

    @Override
    public String toString() {
      return "mean over '" + span + "'";
    }
  }
}
