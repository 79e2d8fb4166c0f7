package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a slice into the truth values that say, for each entry of an activation, whether it is part
 * of it.
 */
final class SliceMask {
  private final Slice slice;
  private final List<Axis> axes;
  private final long[] shape;
  private final Frame frame;

  private SliceMask(Slice slice, List<Axis> axes, Shape shape, Frame frame) {
    this.slice = slice;
    this.axes = axes;
    this.shape = shape.getShape();
    this.frame = frame;
  }

  /**
   * Returns truth values that broadcast to the activation's shape; null if the slice has no
   * position among the frame's columns, which can happen in generation only.
   */
  static @Nullable NDArray of(Slice slice, Site site, NDArray activation, Frame frame) {
    return new SliceMask(slice, site.axes(), activation.getShape(), frame)
        .build(activation.getManager());
  }

  /** Refuses a slice that names axes or indices that no activation of the site can have. */
  static void check(Slice slice, HookPoint at, ModelConfig config) {
    for (Map.Entry<Axis, Slice.Selection> entry : slice.selections().entrySet()) {
      Axis axis = entry.getKey();
      requireAxis(at, axis);
      if (entry.getValue() instanceof Slice.Indices indices) {
        int size = size(axis, config);
        boolean fromEnd = axis.isPosition();
        for (int index : indices.indices()) {
          if (index >= size || index < (fromEnd ? -size : 0)) {
            throw new IllegalArgumentException(
                "%s: there is no %s %d; there are 0 to %d".formatted(at, axis, index, size - 1));
          }
        }
      }
    }
  }

  private static void requireAxis(HookPoint at, Axis axis) {
    Site site = at.site();
    if (site.has(axis)) {
      return;
    }
    String hint = "";
    if (axis == Axis.HEAD && site.has(Axis.KV_HEAD)) {
      hint = ": its heads are shared, name them with KV_HEAD";
    } else if (axis == Axis.POS && site.has(Axis.QUERY_POS)) {
      hint = ": name QUERY_POS (who attends) or KEY_POS (what is attended to)";
    }
    throw new IllegalArgumentException(
        "%s has the axes %s; it cannot be cut on %s%s".formatted(at, site.axes(), axis, hint));
  }

  static int size(Axis axis, ModelConfig config) {
    Dimensions sizes = config.sizes();
    return switch (axis) {
      case BATCH -> Integer.MAX_VALUE;
      case POS, QUERY_POS, KEY_POS -> config.longestInput();
      case HEAD -> sizes.heads();
      case KV_HEAD -> sizes.kvHeads();
      case D_MODEL -> sizes.dModel();
      case D_HEAD -> sizes.dHead();
      case D_MLP -> sizes.dMlp();
      case D_VOCAB -> sizes.vocab();
      case ONE -> 1;
    };
  }

  private @Nullable NDArray build(NDManager manager) {
    long[] extent = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      extent[i] = isCut(axes.get(i)) ? shape[i] : 1;
    }
    boolean[] mask = new boolean[(int) new Shape(extent).size()];
    Arrays.fill(mask, true);
    for (int dimension = 0; dimension < shape.length; dimension++) {
      Slice.Selection selection = slice.selections().get(axes.get(dimension));
      if (selection != null) {
        cut(mask, extent, dimension, selection);
      }
    }
    return frame.growing() && isEmpty(mask) ? null : manager.create(mask, new Shape(extent));
  }

  private static boolean isEmpty(boolean[] mask) {
    for (boolean part : mask) {
      if (part) {
        return false;
      }
    }
    return true;
  }

  /** Which positions are meant differs from row to row, so a cut on positions needs the rows. */
  private boolean isCut(Axis axis) {
    boolean positions = slice.selections().keySet().stream().anyMatch(Axis::isPosition);
    return slice.selections().containsKey(axis) || (axis == Axis.BATCH && positions);
  }

  private void cut(boolean[] mask, long[] extent, int dimension, Slice.Selection selection) {
    int inner = 1;
    for (int i = dimension + 1; i < extent.length; i++) {
      inner *= (int) extent[i];
    }
    int size = (int) extent[dimension];
    int rowSize = mask.length / (int) extent[0];
    boolean[][] selected = selected(axes.get(dimension), size, (int) extent[0], selection);
    for (int i = 0; i < mask.length; i++) {
      mask[i] &= selected[i / rowSize][i / inner % size];
    }
  }

  /** Returns [row][index]. */
  private boolean[][] selected(Axis axis, int size, int rows, Slice.Selection selection) {
    boolean[][] selected = new boolean[rows][size];
    for (int row = 0; row < rows; row++) {
      for (int index : indices(axis, size, row, selection)) {
        selected[row][index] = true;
      }
    }
    return selected;
  }

  private int[] indices(Axis axis, int size, int row, Slice.Selection selection) {
    if (selection instanceof Slice.Named named) {
      Span span = frame.tokens().span(row, named.span());
      return columns(axis, row, IntStream.range(span.start(), span.end()));
    }
    List<Integer> indices = ((Slice.Indices) selection).indices();
    if (axis.isPosition()) {
      return columns(axis, row, indices.stream().mapToInt(Integer::intValue));
    }
    for (int index : indices) {
      if (index >= size) {
        throw new IllegalArgumentException(
            "The activation has %d entries on %s; there is no %d".formatted(size, axis, index));
      }
    }
    return indices.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Returns where the positions stand in the activation; those in other steps are left out. */
  private int[] columns(Axis axis, int row, IntStream positions) {
    int first = axis == Axis.KEY_POS ? 0 : frame.from();
    int length = frame.tokens().length(row);
    return positions
        .filter(position -> !frame.growing() || position < length)
        .map(position -> frame.tokens().column(row, position) - first)
        .filter(column -> column >= 0)
        .toArray();
  }
}
