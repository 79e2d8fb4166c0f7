package io.loupe.workbench.sweep;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The cells of a site in all layers: a layer and an index of each of some axes, the last axis
 * running fastest. What results that have a value for each cell share.
 */
public final class CellGrid {
  private final HookedTransformer model;
  private final Site site;
  private final List<Axis> axes;
  private final int[] sizes;
  private final Tokens tokens;

  /**
   * Lays the cells out.
   *
   * @throws IllegalArgumentException if the model has no such site, the site no such axis, or the
   *     axis cannot be swept over
   */
  public CellGrid(HookedTransformer model, Site site, List<Axis> axes, Tokens tokens) {
    SweepAxes.check(model.config(), site, axes, tokens);
    this.model = model;
    this.site = site;
    this.axes = List.copyOf(axes);
    this.sizes = SweepAxes.sizes(model.config(), site, axes, tokens);
    this.tokens = tokens;
  }

  public Site site() {
    return site;
  }

  /** Returns the axes, without the layer. */
  public List<Axis> axes() {
    return axes;
  }

  /** Returns the number of cells of one layer. */
  public int perLayer() {
    return Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
  }

  /** Returns the number of indices of each axis. */
  int[] sizes() {
    return sizes.clone();
  }

  /** Returns the number of cells of all layers. */
  public int size() {
    return perLayer() * model.config().layers();
  }

  /** Returns the number of a cell, counted over all layers; throws if there is none. */
  public int cell(int layer, int... indices) {
    int layers = model.config().layers();
    if (indices.length != sizes.length || layer < 0 || layer >= layers) {
      throw new IllegalArgumentException(
          "A cell is a layer from 0 to %d and an index of each of %s; got layer %d and %s"
              .formatted(layers - 1, axes, layer, Arrays.toString(indices)));
    }
    int cell = 0;
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= sizes[i]) {
        throw new IllegalArgumentException(
            "%s goes from 0 to %d; got %d".formatted(axes.get(i), sizes[i] - 1, indices[i]));
      }
      cell = cell * sizes[i] + indices[i];
    }
    return layer * perLayer() + cell;
  }

  /** Returns a cell's layer. */
  public int layer(int cell) {
    return cell / perLayer();
  }

  /** Returns a cell's index on each axis. */
  public int[] indices(int cell) {
    int[] indices = new int[sizes.length];
    int rest = cell % perLayer();
    for (int i = sizes.length - 1; i >= 0; i--) {
      indices[i] = rest % sizes[i];
      rest /= sizes[i];
    }
    return indices;
  }

  /** Returns the part of the activation that a cell is. */
  Slice slice(int cell) {
    Slice slice = Slice.ALL;
    int[] indices = indices(cell);
    for (int i = 0; i < indices.length; i++) {
      slice = slice.and(axes.get(i), indices[i]);
    }
    return slice;
  }

  /**
   * Draws a value for each cell, one row a layer; with two axes, one row a layer and index of the
   * first.
   *
   * @param values [layer][cell of the layer]
   * @throws IllegalArgumentException if there are more than two axes
   */
  public Heatmap plot(double[][] values) {
    if (axes.size() > 2) {
      throw new IllegalArgumentException(
          "%d axes do not fit a heat map; read the values".formatted(axes.size()));
    }
    List<String> rows = new ArrayList<>();
    int columns = axes.isEmpty() ? 1 : sizes[sizes.length - 1];
    List<double[]> lines = new ArrayList<>();
    for (int layer = 0; layer < values.length; layer++) {
      for (int from = 0; from < values[layer].length; from += columns) {
        lines.add(Arrays.copyOfRange(values[layer], from, from + columns));
        rows.add(axes.size() < 2 ? "L" + layer : "L" + layer + "." + from / columns);
      }
    }
    return Plots.heatmap(lines.toArray(double[][]::new))
        .rows(rows)
        .columns(columnLabels(columns))
        .diverging()
        .yLabel(axes.size() < 2 ? "layer" : "layer." + name(axes.get(0)))
        .xLabel(axes.isEmpty() ? "" : name(axes.get(axes.size() - 1)));
  }

  private List<String> columnLabels(int columns) {
    if (axes.isEmpty()) {
      return List.of("all");
    }
    if (axes.get(axes.size() - 1).isPosition() && model.hasTokenizer()) {
      return model.labels(tokens, 0);
    }
    return IntStream.range(0, columns).mapToObj(Integer::toString).toList();
  }

  /** Returns the headings of a cell's layer and indices. */
  public List<String> header() {
    List<String> header = new ArrayList<>(List.of("layer"));
    axes.forEach(axis -> header.add(name(axis)));
    return header;
  }

  /** Returns a cell's layer and indices. */
  public List<Object> label(int cell) {
    List<Object> label = new ArrayList<>(List.of(layer(cell)));
    Arrays.stream(indices(cell)).forEach(label::add);
    return label;
  }

  private static String name(Axis axis) {
    return switch (axis) {
      case POS -> "position";
      case QUERY_POS -> "query position";
      case KEY_POS -> "key position";
      case HEAD -> "head";
      case KV_HEAD -> "key/value head";
      default -> axis.name();
    };
  }
}
