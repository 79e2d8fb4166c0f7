package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * An edit of keys or values, [batch, pos, kv_head, d_head], as compression of a key/value cache
 * makes it. Made by the factories of {@link AttentionEdits}.
 */
public sealed interface KeyValueIntervention extends Intervention {

  @Override
  default void check(ModelConfig config) {
    if (!at().site().has(Axis.KV_HEAD)) {
      throw new IllegalArgumentException(
          "This edit belongs at keys or values, e.g. Sites.K or Sites.V; got " + at());
    }
  }

  /**
   * Sets the last of some positions to the mean over all of them; the others are hidden apart from
   * this. All must be computed in one pass, so that in generation they stand in the prompt.
   *
   * @param slice the positions, and heads if not all
   */
  record Merge(HookPoint at, Slice slice) implements KeyValueIntervention {
    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDList rows = new NDList();
      boolean any = false;
      for (int row = 0; row < frame.tokens().batch(); row++) {
        NDArray own = activation.get(new NDIndex().addSliceDim(row, row + 1));
        int[] columns = columns(frame, row);
        any |= columns.length > 0;
        rows.add(columns.length == 0 ? own : merged(own, columns));
      }
      if (!any) {
        return null;
      }
      return rows.size() == 1
          ? rows.get(0)
          : rows.get(0).getNDArrayInternal().concat(rows.subNDList(1), 0);
    }

    private int[] columns(Frame frame, int row) {
      int[] positions = Positions.of(slice, Axis.POS, frame, row);
      int[] columns = new int[positions.length];
      int computed = 0;
      for (int i = 0; i < positions.length; i++) {
        columns[i] = frame.tokens().column(row, positions[i]) - frame.from();
        computed += columns[i] >= 0 ? 1 : 0;
      }
      if (computed == 0) {
        return new int[0];
      }
      if (computed < columns.length) {
        throw new IllegalArgumentException(
            "%s merges positions that different steps compute; merge positions of the prompt"
                .formatted(this));
      }
      return columns;
    }

    /** Only the last of the columns differs; what is returned for the others is not used. */
    private static NDArray merged(NDArray own, int[] columns) {
      NDArray mean = column(own, columns[0]);
      for (int i = 1; i < columns.length; i++) {
        mean = mean.add(column(own, columns[i]));
      }
      mean = mean.div(columns.length);
      int last = columns[columns.length - 1];
      boolean[] mask = new boolean[(int) own.getShape().get(1)];
      mask[last] = true;
      NDArray isLast = own.getManager().create(mask, new Shape(1, mask.length, 1, 1));
      return Tensors.where(isLast, mean, own);
    }

    private static NDArray column(NDArray own, int column) {
      return own.get(new NDIndex().addAllDim(1).addSliceDim(column, column + 1));
    }
  }

  /**
   * Keeps the best approximation of each head's keys or values, [pos, d_head], by a matrix of low
   * rank: the truncated singular value decomposition over the row's tokens that one pass computes.
   * Gradients take the subspace as fixed.
   *
   * @param rank at least 1; from d_head on nothing changes
   */
  record LowRank(HookPoint at, Slice slice, int rank) implements KeyValueIntervention {
    public LowRank {
      if (rank < 1) {
        throw new IllegalArgumentException(
            "A rank is at least 1; got %d. zero(at) takes everything away".formatted(rank));
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      return rank >= activation.getShape().get(3)
          ? activation.mul(1)
          : PrincipalSubspaces.projected(activation, frame, rank);
    }
  }

  /** Over what a quantiser's smallest and largest value are taken. */
  enum QuantisedBy {
    /** Over the entries of one token's head: values in KIVI. */
    TOKEN,
    /** Over the tokens of one entry that one pass computes: keys in KIVI. */
    CHANNEL
  }

  /**
   * Rounds keys or values to a few levels between their smallest and largest, as an asymmetric
   * quantiser stores them, and goes on with what it would read back (Liu et al. 2024, KIVI).
   *
   * @param bits 1 to 16: 2 to the bits levels
   */
  record Quantise(HookPoint at, Slice slice, int bits, QuantisedBy by)
      implements KeyValueIntervention {
    public Quantise {
      if (bits < 1 || bits > 16) {
        throw new IllegalArgumentException("Quantised to 1 to 16 bits; got " + bits);
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      int[] over = {by == QuantisedBy.TOKEN ? 3 : 1};
      NDArray real = by == QuantisedBy.TOKEN ? null : realTokens(activation, frame);
      NDArray smallest = bounded(activation, real, Double.POSITIVE_INFINITY).min(over, true);
      NDArray largest = bounded(activation, real, Double.NEGATIVE_INFINITY).max(over, true);
      NDArray step = largest.sub(smallest).div((1 << bits) - 1);
      NDArray safe = Tensors.where(step.eq(0), step.onesLike(), step);
      return activation.sub(smallest).div(safe).round().mul(safe).add(smallest);
    }

    private static NDArray bounded(NDArray activation, @Nullable NDArray real, double padding) {
      return real == null
          ? activation
          : Tensors.where(real, activation, activation.zerosLike().add(padding));
    }

    /** Returns null without padding. */
    private static @Nullable NDArray realTokens(NDArray activation, Frame frame) {
      if (!frame.tokens().isPadded()) {
        return null;
      }
      int rows = (int) activation.getShape().get(0);
      int columns = (int) activation.getShape().get(1);
      boolean[] real = new boolean[rows * columns];
      for (int row = 0; row < rows; row++) {
        boolean any = false;
        for (int column = 0; column < columns; column++) {
          boolean token = frame.tokens().isToken(row, frame.from() + column);
          real[row * columns + column] = token;
          any |= token;
        }
        real[row * columns] |= !any; // a row that has ended: any bounds do
      }
      return activation.getManager().create(real, new Shape(rows, columns, 1, 1));
    }
  }
}
