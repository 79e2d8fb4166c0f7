package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.function.IntToLongFunction;

/** What positions do to queries, keys and scores, for edits that undo or change it. */
public final class PositionTerms {
  private PositionTerms() {}

  /** Returns ALiBi's slope of each head, above 0 (Press et al. 2022). */
  public static double[] alibiSlopes(int heads) {
    return PositionSpec.Alibi.slopes(heads);
  }

  /**
   * Returns queries or keys turned from where one rotary embedding put them to where another would.
   * Turns of a pair of dimensions add up, so only the difference of the angles is turned by.
   *
   * @param x [batch, pos, head, d_head], turned; left alone
   * @param tokens the batch up to the last of its columns
   * @param first the first column that it holds
   * @param from what turned it
   * @param to what it should be turned by: rotary of the same dimensions, or none
   * @param ids from the position of a token to the one it should be told
   * @return in the manager of x
   */
  public static NDArray turned(
      NDArray x,
      Tokens tokens,
      int first,
      PositionSpec.Rotary from,
      PositionSpec to,
      IntToLongFunction ids) {
    int half = from.dimensions() / 2;
    int rows = (int) x.getShape().get(0);
    int columns = (int) x.getShape().get(1);
    double[] cos = new double[rows * columns * half];
    double[] sin = new double[cos.length];
    double factor = factor(to) / factor(from);
    for (int row = 0; row < rows; row++) {
      double[] before = frequencies(from, tokens.length(row), half);
      double[] after = frequencies(to, tokens.length(row), half);
      int position = 0;
      for (int column = 0; column < first + columns; column++) {
        for (int i = 0; i < half && column >= first; i++) {
          double angle = ids.applyAsLong(position) * after[i] - position * before[i];
          int at = (row * columns + column - first) * half + i;
          cos[at] = Math.cos(angle) * factor;
          sin[at] = Math.sin(angle) * factor;
        }
        position += tokens.isToken(row, column) ? 1 : 0;
      }
    }
    NDManager manager = x.getManager();
    Shape shape = new Shape(rows, columns, 1, half);
    Rotary turn =
        new Rotary(
            from.dimensions(),
            from.pairing(),
            Tensors.as(x.getDataType(), manager.create(cos, shape)),
            Tensors.as(x.getDataType(), manager.create(sin, shape)));
    return turn.turn(x);
  }

  private static double[] frequencies(PositionSpec spec, int length, int half) {
    return spec instanceof PositionSpec.Rotary rotary
        ? rotary.scaling().frequencies(rotary.dimensions(), rotary.base(), length)
        : new double[half];
  }

  private static double factor(PositionSpec spec) {
    return spec instanceof PositionSpec.Rotary rotary ? rotary.scaling().attentionFactor() : 1;
  }
}
