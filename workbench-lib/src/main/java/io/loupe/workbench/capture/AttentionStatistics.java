package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Statistics of a model's attention on a batch of prompts. Queries and keys are counted over a
 * prompt's own tokens. Means leave out queries for which a statistic is not defined.
 */
public final class AttentionStatistics implements Displayable {
  private static final int MOST_ROWS = 100;

  private final AttentionRequest request;
  private final int batch;
  private final int headsPerLayer;
  private final Map<Integer, LayerStatistics> layers = new TreeMap<>();
  private final Map<Integer, NDArray> outputs;

  /**
   * Puts layers together.
   *
   * @param request what was asked for
   * @param batch how many prompts
   * @param headsPerLayer how many heads a layer has
   * @param outputs z of each layer, [batch, pos, head, d_head]; empty if not asked for
   */
  public AttentionStatistics(
      AttentionRequest request,
      int batch,
      int headsPerLayer,
      List<LayerStatistics> layers,
      Map<Integer, NDArray> outputs) {
    this.request = request;
    this.batch = batch;
    this.headsPerLayer = headsPerLayer;
    layers.forEach(layer -> this.layers.put(layer.layer(), layer));
    this.outputs = Map.copyOf(outputs);
  }

  /** Returns what was asked for; it names the back end, and the edits. */
  public AttentionRequest request() {
    return request;
  }

  /** Returns the number of prompts. */
  public int batch() {
    return batch;
  }

  /** Returns the heads that were reported on. */
  public HeadSet heads() {
    return HeadSet.of(
        layers.values().stream()
            .flatMap(layer -> layer.heads().stream().map(head -> new Head(layer.layer(), head)))
            .toList());
  }

  /** Returns one layer's statistics. */
  public LayerStatistics layer(int layer) {
    LayerStatistics found = layers.get(layer);
    if (found == null) {
      throw new IllegalArgumentException(
          "There are layers %s; got %d".formatted(layers.keySet(), layer));
    }
    return found;
  }

  /** Returns a statistic of each query of a prompt, [query]. */
  public double[] values(Statistic statistic, Head head, int row) {
    return layer(head.layer()).values(statistic, head.index(), row);
  }

  /**
   * Returns each prompt's mean over its queries, [prompt]; NaN where no query has the statistic.
   */
  public double[] perPrompt(Statistic statistic, Head head) {
    double[] means = new double[batch];
    for (int row = 0; row < batch; row++) {
      means[row] = layer(head.layer()).mean(statistic, head.index(), row);
    }
    return means;
  }

  /** Returns the mean of the prompts' means. */
  public double mean(Statistic statistic, Head head) {
    return layer(head.layer()).mean(statistic, head.index());
  }

  /** Returns a bootstrap interval of the mean over prompts that have the statistic, at 95 %. */
  public Interval interval(Statistic statistic, Head head, long seed) {
    double[] defined = Arrays.stream(perPrompt(statistic, head)).filter(Double::isFinite).toArray();
    return Bootstrap.ofMean(defined, 0.95, seed);
  }

  /** Returns the positions of each query's most probable keys, [query][rank]; -1 for none. */
  public int[][] topKeys(Head head, int row) {
    return layer(head.layer()).topKeys(head.index(), row);
  }

  /** Returns the probabilities of {@link #topKeys}. */
  public double[][] topProbabilities(Head head, int row) {
    return layer(head.layer()).topProbabilities(head.index(), row);
  }

  /** Returns the mass that each key receives, summed over the prompt's queries, [key]. */
  public double[] received(Head head, int row) {
    return layer(head.layer()).received(head.index(), row);
  }

  /** Returns the kept rows of the pattern, [query asked for][key]. */
  public double[][] pattern(Head head, int row) {
    return layer(head.layer()).pattern(head.index(), row);
  }

  /** Returns a layer's z, [batch, pos, head, d_head], padding included. */
  public NDArray output(int layer) {
    NDArray z = outputs.get(layer);
    if (z == null) {
      throw new IllegalArgumentException(
          request.outputs()
              ? "There are layers %s; got %d".formatted(outputs.keySet(), layer)
              : "The request did not ask for z: request.withOutputs()");
    }
    return z;
  }

  /** Returns the means, a row for each head, a column for each statistic. */
  public Table table() {
    return table(heads().toList());
  }

  private Table table(List<Head> shown) {
    List<Statistic> statistics = request.statistics();
    Table table =
        Table.of(
            Stream.concat(Stream.of("head"), statistics.stream().map(Statistic::toString))
                .toList());
    for (Head head : shown) {
      List<Object> cells = new ArrayList<>(List.of(head));
      statistics.forEach(statistic -> cells.add(mean(statistic, head)));
      table = table.row(cells.toArray());
    }
    return table;
  }

  /** Draws a statistic's means, layers down and heads across; heads not reported stay blank. */
  public Heatmap heatmap(Statistic statistic) {
    int count = layers.keySet().stream().mapToInt(layer -> layer + 1).max().orElse(0);
    double[][] means = new double[count][headsPerLayer];
    for (double[] layer : means) {
      Arrays.fill(layer, Double.NaN);
    }
    for (Head head : heads()) {
      means[head.layer()][head.index()] = mean(statistic, head);
    }
    return Plots.heatmap(means)
        .sequential()
        .xLabel("head")
        .yLabel("layer")
        .colorLabel(statistic.toString())
        .title("Mean " + statistic);
  }

  @Override
  public MimeBundle display() {
    List<Head> all = heads().toList();
    MimeBundle table = table(all.subList(0, Math.min(MOST_ROWS, all.size()))).display();
    return table.and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "AttentionStatistics[%s; %d heads of %d layers, %d prompt(s), back end %s%s]"
        .formatted(
            request.statistics(),
            heads().size(),
            layers.size(),
            batch,
            request.backend(),
            request.edits().isEmpty() ? "" : ", edited: " + request.edits());
  }
}
