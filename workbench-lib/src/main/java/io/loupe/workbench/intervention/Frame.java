package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a batch that a pass computes. In a plain run these are all of them. In generation
 * each step computes the columns that are new to it, and sees those before it as keys only: an
 * intervention acts on a position in the step in which that position is computed.
 *
 * @param tokens the batch up to the last column computed
 * @param from the first column computed
 * @param growing whether further steps may follow, so that a position may not be there yet
 * @param step which step of a generation the pass is, from 0; 0 in a plain run
 */
public record Frame(Tokens tokens, int from, boolean growing, int step) {

  /** All columns of a batch, in one pass. */
  public static Frame whole(Tokens tokens) {
    return new Frame(tokens, 0, false, 0);
  }

  /** The columns from one on, of a pass that leaves those before it to an earlier one. */
  public static Frame from(int from, Tokens tokens) {
    return new Frame(tokens, from, true, 0);
  }

  /** Returns the column behind the last. */
  public int to() {
    return tokens.length();
  }

  /**
   * Returns the part of a recorded tensor that belongs to the computed columns; itself if it does
   * not vary with positions or has just these. Null if it was recorded from a text that does not
   * reach these columns, which further steps of a generation do not.
   *
   * @param value [the site's axes], or fewer of them
   * @param activation what it is to stand in for
   */
  @Nullable NDArray align(NDArray value, Site site, NDArray activation) {
    if (!growing || value.getShape().dimension() != site.axes().size()) {
      return value;
    }
    NDArray aligned = value;
    List<Axis> axes = site.axes();
    for (int dimension = 0; dimension < axes.size(); dimension++) {
      long recorded = value.getShape().get(dimension);
      long present = activation.getShape().get(dimension);
      int first = axes.get(dimension) == Axis.KEY_POS ? 0 : from;
      if (!axes.get(dimension).isPosition()
          || recorded == 1
          || first + present == recorded && first == 0) {
        continue;
      }
      if (recorded < to()) {
        return from == 0 ? value : null;
      }
      aligned = aligned.get(new NDIndex().addAllDim(dimension).addSliceDim(first, first + present));
    }
    return aligned;
  }
}
