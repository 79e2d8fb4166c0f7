package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Where heads look for positions' sake alone: their attention if every position held the same
 * token, an average one (the mean of all tokens' embeddings), with the position that the model
 * gives it: learned, rotary, ALiBi, or none. The kernel is the mean attention to the key so many
 * tokens before the query. A head that scores 1 at distance 1 is a previous-token head whatever the
 * text.
 *
 * <p>Only the embeddings' own, direct way to each layer is followed, without what layers before add
 * to it: a head of a late layer that gets positions from an earlier layer looks flat here. No text
 * is run; each layer's attention is applied to one made-up stream.
 */
public final class PositionalKernels implements Displayable {
  private final Origin origin;
  private final int length;
  private final double[][][] kernels; // [layer][head][distance]

  private PositionalKernels(Origin origin, int length, double[][][] kernels) {
    this.origin = origin;
    this.length = length;
    this.kernels = kernels;
  }

  /**
   * Computes all heads' kernels.
   *
   * @param length over how many positions, 2 or more; distances go from 0 to length - 1
   * @throws IllegalArgumentException if the model is bidirectional, has interventions, or its
   *     context is shorter
   */
  public static PositionalKernels of(HookedTransformer model, int length) {
    HeadWeights.requireNoInterventions(model);
    if (!model.config().causal()) {
      throw new IllegalArgumentException(
          "Kernels look back from a query; %s is bidirectional. Its QK circuits: HeadWeights.folded(model).qk(head)"
              .formatted(model.name()));
    }
    if (length < 2 || length > model.config().longestInput()) {
      throw new IllegalArgumentException(
          "A kernel is over 2 to %d positions; got %d"
              .formatted(model.config().longestInput(), length));
    }
    HookedTransformer plain = model.folded();
    Tokens tokens = Tokens.of(new long[length]); // their ids are never read
    double[][][] kernels = new double[plain.config().layers()][][];
    try (NDManager scope = Engines.newManager(plain.device())) {
      NDArray stream = stream(plain, length, scope);
      for (int layer = 0; layer < kernels.length; layer++) {
        try (Run run = plain.runFrom(layer, stream, tokens, Capture.at(Sites.PATTERN.at(layer)))) {
          NDArray pattern = run.cache().get(Sites.PATTERN.at(layer)).get(0);
          kernels[layer] =
              Arrays.stream(Tensors.matrices(pattern))
                  .map(PositionalKernels::byDistance)
                  .toArray(double[][]::new);
        }
      }
    }
    return new PositionalKernels(Origin.of(plain), length, kernels);
  }

  /** Returns [1, pos, d_model]. */
  private static NDArray stream(HookedTransformer model, int length, NDManager scope) {
    NDArray embedding = model.weights().get("embed.W_E");
    NDArray mean = embedding.mean(new int[] {0}, true);
    mean.attach(scope);
    NDArray sum = mean.mul(model.config().embedding().scale()).tile(new long[] {length, 1});
    if (model.config().embedding().learnedPositions()) {
      NDArray positions =
          model.weights().get("pos_embed.W_pos").get(new NDIndex().addSliceDim(0, length));
      positions.attach(scope);
      sum = sum.add(positions);
    }
    return TokenTable.entered(model, sum).expandDims(0);
  }

  /** Returns the mean attention at each distance, over the queries that have such a key. */
  private static double[] byDistance(double[][] pattern) {
    double[] kernel = new double[pattern.length];
    for (int distance = 0; distance < kernel.length; distance++) {
      for (int query = distance; query < kernel.length; query++) {
        kernel[distance] += pattern[query][query - distance] / (kernel.length - distance);
      }
    }
    return kernel;
  }

  /** Returns a head's mean attention to the key at each distance, [distance]; a copy. */
  public double[] kernel(Head head) {
    if (head.layer() >= kernels.length || head.index() >= kernels[0].length) {
      throw new IllegalArgumentException(
          "There is no head %s: there are %d layers of %d heads"
              .formatted(head, kernels.length, kernels[0].length));
    }
    return kernels[head.layer()][head.index()].clone();
  }

  /** Returns every head's mean attention to the key at one distance: 1 for previous-token heads. */
  public HeadMap at(int distance) {
    if (distance < 0 || distance >= length) {
      throw new IllegalArgumentException(
          "There are distances 0 to %d; got %d".formatted(length - 1, distance));
    }
    double[][] scores = new double[kernels.length][];
    for (int layer = 0; layer < scores.length; layer++) {
      scores[layer] = Arrays.stream(kernels[layer]).mapToDouble(k -> k[distance]).toArray();
    }
    return HeadMap.of(
        origin,
        new HeadMap.Label(
            "positional kernel at distance " + distance,
            "mean attention to the key %d before, if every position held an average token; 0 to 1"
                .formatted(distance),
            "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits",
            "the weights; %d positions".formatted(length)),
        scores);
  }

  /**
   * Returns at which distance each head's kernel is highest, the sharpest heads first, among
   * distances below half the length: farther ones are of few queries, and of the first keys.
   */
  public Table table(int rows) {
    List<Peak> peaks = new ArrayList<>();
    for (int layer = 0; layer < kernels.length; layer++) {
      for (int index = 0; index < kernels[layer].length; index++) {
        double[] kernel = kernels[layer][index];
        double[] near = Arrays.copyOf(kernel, (length + 1) / 2);
        int distance = FactoredMatrix.largest(0, near, 1, 1).get(0).column();
        peaks.add(new Peak(new Head(layer, index), distance, kernel[distance]));
      }
    }
    peaks.sort(Comparator.comparingDouble(peak -> -peak.attention()));
    Table table = Table.of("head", "distance", "mean attention");
    for (Peak peak : peaks.subList(0, Math.min(rows, peaks.size()))) {
      table = table.row(peak.head(), peak.distance(), peak.attention());
    }
    return table;
  }

  private record Peak(Head head, int distance, double attention) {}

  private String caption() {
    return "Positional kernels over %d positions (%s), the sharpest".formatted(length, origin);
  }

  /** Shows the sharpest heads. */
  @Override
  public MimeBundle display() {
    return table(10).display(caption());
  }

  @Override
  public String toString() {
    return caption() + ":\n" + table(10);
  }

  /** Draws kernels over distance, 0 to the farthest. */
  public LineChart plot(List<Head> heads, int farthest) {
    int shown = Math.min(farthest, length - 1) + 1;
    LineChart chart = Plots.lines();
    for (Head head : heads) {
      chart = chart.series(head.toString(), Arrays.copyOf(kernel(head), shown));
    }
    return chart
        .xLabel("distance, tokens")
        .yLabel("mean attention")
        .title(String.format(Locale.ROOT, "Positional kernels, %s", origin.gaugeLabel()));
  }
}
