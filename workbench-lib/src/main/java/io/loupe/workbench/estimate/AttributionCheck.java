package io.loupe.workbench.estimate;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.ScatterChart;
import io.loupe.workbench.stats.Agreement;
import io.loupe.workbench.sweep.CellGrid;
import java.util.ArrayList;
import java.util.List;

/** Estimated effects beside the exact ones of the same cells, a random sample of all. */
public final class AttributionCheck implements Displayable {
  private final String method;
  private final CellGrid grid;
  private final int of;
  private final int[] cells;
  private final double[] estimated;
  private final double[] exact;
  private final Agreement agreement;

  AttributionCheck(
      String method,
      CellGrid grid,
      int of,
      int[] cells,
      double[] estimated,
      double[] exact,
      long seed) {
    this.method = method;
    this.grid = grid;
    this.of = of;
    this.cells = cells;
    this.estimated = estimated;
    this.exact = exact;
    this.agreement = Agreement.of(estimated, exact, seed);
  }

  /** Returns correlations, their interval, and errors, over the sampled cells. */
  public Agreement agreement() {
    return agreement;
  }

  /** Returns the estimated mean effects, [sampled cell]. */
  public double[] estimated() {
    return estimated.clone();
  }

  /** Returns the exact mean effects, [sampled cell]. */
  public double[] exact() {
    return exact.clone();
  }

  /** Draws estimates against exact effects. */
  public ScatterChart plot() {
    return Plots.scatter()
        .group("cells", exact, estimated)
        .diagonal()
        .zeroLines()
        .xLabel("exact effect")
        .yLabel("estimated effect")
        .title("%s: %s, Spearman %.2f".formatted(grid.site(), method, agreement.spearman()));
  }

  /** Returns each sampled cell with both effects. */
  public Table table() {
    List<String> header = new ArrayList<>(grid.header());
    header.addAll(List.of("estimated", "exact", "error"));
    Table table = Table.of(header);
    for (int i = 0; i < cells.length; i++) {
      List<Object> row = grid.label(cells[i]);
      row.addAll(List.of(estimated[i], exact[i], estimated[i] - exact[i]));
      table = table.row(row.toArray());
    }
    return table;
  }

  /** Shows the scatter plot and the numbers. */
  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(plot().display());
  }

  @Override
  public String toString() {
    return "AttributionCheck[%s of %s, %d of %d cells] %s"
        .formatted(method, grid.site(), cells.length, of, agreement);
  }
}
