package io.loupe.workbench.sweep;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** What the axes of a sweep stand for: how many indices each has, and the slice of each cell. */
final class SweepAxes {
  private SweepAxes() {}

  /** Throws {@code IllegalArgumentException}, saying what would work, if this cannot be swept. */
  static void check(ModelConfig config, Site site, List<Axis> axes, Tokens tokens) {
    if (!site.perLayer()) {
      throw new IllegalArgumentException(
          "%s is there once in the model; a sweep goes over the layers. Patch it by hand: model.with(patch(%s.here(), source))"
              .formatted(site, site));
    }
    config.require(site.at(0));
    if (new HashSet<>(axes).size() != axes.size()) {
      throw new IllegalArgumentException("Each axis once; got " + axes);
    }
    for (Axis axis : axes) {
      if (!site.has(axis)) {
        throw new IllegalArgumentException(
            "%s has the axes %s; it cannot be swept over %s%s"
                .formatted(site, site.axes(), axis, hint(site, axis)));
      }
      if (axis == Axis.BATCH || axis == Axis.ONE) {
        throw new IllegalArgumentException(
            "Every row is patched by its own counterpart, and the result keeps each row's value: there is nothing to sweep over at "
                + axis);
      }
      if (axis.isPosition() && !sameLengths(tokens)) {
        throw new IllegalArgumentException(
            "A sweep over %s needs rows of equal length; got %s. Sweep over heads, or group prompts by length"
                .formatted(axis, tokens));
      }
    }
  }

  private static String hint(Site site, Axis axis) {
    if (axis == Axis.HEAD && site.has(Axis.KV_HEAD)) {
      return ": its heads are shared, sweep over KV_HEAD";
    }
    return axis == Axis.POS && site.has(Axis.QUERY_POS)
        ? ": sweep over QUERY_POS (who attends) or KEY_POS (what is attended to)"
        : "";
  }

  private static boolean sameLengths(Tokens tokens) {
    for (int row = 1; row < tokens.batch(); row++) {
      if (tokens.length(row) != tokens.length(0)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the number of indices of each axis. */
  static int[] sizes(ModelConfig config, Site site, List<Axis> axes, Tokens tokens) {
    return axes.stream()
        .mapToInt(
            axis ->
                switch (axis) {
                  case POS, QUERY_POS, KEY_POS -> tokens.length(0);
                  case HEAD -> config.heads();
                  case KV_HEAD -> config.kvHeads();
                  case D_MODEL -> config.dModel();
                  case D_HEAD -> config.dHead();
                  case D_MLP -> config.sizes().dMlp();
                  default ->
                      throw new IllegalArgumentException(site + " is not swept over " + axis);
                })
        .toArray();
  }

  /** Returns the slice of each cell, the last axis running fastest; one for all without axes. */
  static List<Slice> slices(ModelConfig config, Site site, List<Axis> axes, Tokens tokens) {
    int[] sizes = sizes(config, site, axes, tokens);
    List<Slice> slices = List.of(Slice.ALL);
    for (int i = 0; i < axes.size(); i++) {
      List<Slice> finer = new ArrayList<>();
      for (Slice slice : slices) {
        for (int index = 0; index < sizes[i]; index++) {
          finer.add(slice.and(axes.get(i), index));
        }
      }
      slices = finer;
    }
    return slices;
  }

  /**
   * Returns the first column, over all rows, that a slice of the cell changes; rows that have not
   * its position change nowhere.
   */
  static int firstColumn(Slice slice, Tokens tokens) {
    int first = 0;
    for (Axis axis : List.of(Axis.POS, Axis.QUERY_POS)) {
      if (slice.selections().get(axis) instanceof Slice.Indices indices) {
        int position = indices.indices().get(0);
        first = tokens.length() - 1;
        for (int row = 0; row < tokens.batch(); row++) {
          if (position < tokens.length(row)) {
            first = Math.min(first, tokens.column(row, position));
          }
        }
      }
    }
    return first;
  }
}
