package io.loupe.workbench.estimate;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.sweep.CellGrid;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/** Sums a site's values over the axes that a grid does not keep, and finds each cell's. */
final class Reduction {
  private final CellGrid grid;
  private final Tokens tokens;

  Reduction(CellGrid grid, Tokens tokens) {
    this.grid = grid;
    this.tokens = tokens;
  }

  /** Returns one layer's cells, [cell][row]; positions are those of each row's own tokens. */
  List<double[]> cells(NDArray values) {
    Site site = grid.site();
    List<Axis> kept = new ArrayList<>();
    List<Integer> summed = new ArrayList<>();
    for (int dimension = 0; dimension < site.axes().size(); dimension++) {
      Axis axis = site.axes().get(dimension);
      if (axis == Axis.BATCH || grid.axes().contains(axis)) {
        kept.add(axis);
      } else {
        summed.add(dimension);
      }
    }
    NDArray reduced =
        summed.isEmpty()
            ? values
            : Tensors.wide(values).sum(summed.stream().mapToInt(Integer::intValue).toArray());
    double[] flat = Tensors.doubles(reduced);
    long[] shape = reduced.getShape().getShape();
    List<double[]> cells = new ArrayList<>();
    for (int cell = 0; cell < grid.perLayer(); cell++) {
      int[] indices = grid.indices(cell);
      double[] rows = new double[tokens.batch()];
      for (int row = 0; row < rows.length; row++) {
        int place = row;
        for (int dimension = 1; dimension < shape.length; dimension++) {
          Axis axis = kept.get(dimension);
          int index = indices[grid.axes().indexOf(axis)];
          int column = axis.isPosition() ? tokens.column(row, index) : index;
          place = place * (int) shape[dimension] + column;
        }
        rows[row] = flat[place];
      }
      cells.add(rows);
    }
    return cells;
  }
}
