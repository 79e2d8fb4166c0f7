package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One donor written into copies of a batch that are stacked on each other, each copy getting a
 * slice of its own: how a sweep makes many patches in one pass.
 *
 * @param at where
 * @param donor what is written; broadcasts to the activation of one copy, [batch or 1, ...]
 * @param slices for each copy, which part of it; empty for a copy that is left alone. They cut the
 *     same axes
 */
public record StackedPatch(HookPoint at, NDArray donor, List<Optional<Slice>> slices) {
  public StackedPatch {
    slices = List.copyOf(slices);
  }

  /** Returns the patched activation; the given one is left alone. */
  public NDArray apply(NDArray activation, Tokens tokens) {
    List<Axis> axes = at.site().axes();
    int from = firstColumn(activation, tokens);
    Frame frame = Frame.from(from, tokens);
    NDManager manager = activation.getManager();
    NDArray copy = activation.get(new NDIndex().addSliceDim(0, tokens.batch()));
    List<NDArray> masks = new ArrayList<>();
    for (Optional<Slice> slice : slices) {
      NDArray mask = slice.isEmpty() ? null : mask(slice.get(), copy, frame);
      masks.add(mask == null ? manager.create(false).reshape(ones(axes)) : mask);
    }
    NDArray replacement = stacked(cut(axes, activation, tokens, from), tokens.batch());
    return Tensors.where(stackedMasks(masks, tokens.batch()), replacement, activation);
  }

  private @Nullable NDArray mask(Slice slice, NDArray copy, Frame frame) {
    return slice.isAll()
        ? copy.getManager().create(true).reshape(ones(at.site().axes()))
        : SliceMask.of(slice, at.site(), copy, frame);
  }

  private static Shape ones(List<Axis> axes) {
    long[] ones = new long[axes.size()];
    Arrays.fill(ones, 1);
    return new Shape(ones);
  }

  /** The computed columns are the last ones; how many there are, the activation says. */
  private int firstColumn(NDArray activation, Tokens tokens) {
    long computed = activation.getShape().get(at.site().positionDimension());
    return tokens.length() - (int) computed;
  }

  /** Cuts the donor to the computed columns. */
  private NDArray cut(List<Axis> axes, NDArray activation, Tokens tokens, int from) {
    NDArray own = donor.toType(activation.getDataType(), false);
    for (int i = 0; i < axes.size() && donor.getShape().dimension() == axes.size(); i++) {
      boolean computed = axes.get(i) == Axis.POS || axes.get(i) == Axis.QUERY_POS;
      if (computed && from > 0 && own.getShape().get(i) == tokens.length()) {
        own = own.get(new NDIndex().addAllDim(i).addSliceDim(from, tokens.length()));
      }
    }
    return own;
  }

  private NDArray stacked(NDArray own, int batch) {
    long[] shape = own.getShape().getShape();
    if (slices.size() == 1 || shape.length < at.site().axes().size() || shape[0] != batch) {
      return own;
    }
    return Tensors.copies(own, slices.size());
  }

  /** Slices that cut the same axes have masks of one shape, but for copies that are left alone. */
  private static NDArray stackedMasks(List<NDArray> masks, int batch) {
    long[] widest = new long[masks.get(0).getShape().dimension()];
    for (NDArray mask : masks) {
      for (int i = 0; i < widest.length; i++) {
        widest[i] = Math.max(widest[i], mask.getShape().get(i));
      }
    }
    widest[0] = batch;
    NDList all = new NDList();
    for (NDArray mask : masks) {
      all.add(mask.broadcast(widest));
    }
    return all.size() == 1
        ? all.get(0)
        : all.get(0).getNDArrayInternal().concat(all.subNDList(1), 0);
  }
}
