package io.loupe.workbench.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/**
 * How positions mix from layer to layer of one prompt: a matrix a layer, whose rows say from which
 * positions below a position is made and sum to one. {@link #rollout} multiplies them, {@link
 * #flow} takes them as the capacities of pipes.
 *
 * <p>{@link #ofAttention} takes half the attention and half the position itself, for the residual
 * connection: 0.5 A + 0.5 I (Abnar and Zuidema 2020). The half is a convention, no measurement:
 * what the attention adds may be much smaller or larger than what it is added to, MLPs are left
 * out, and so are the values. {@link ValueZeroing} measures the mixing instead.
 */
public final class AttentionMaps implements Displayable {
  private static final double RESIDUAL = 0.5;

  private final String name;
  private final List<String> tokens;
  private final boolean causal;
  private final List<double[][]> layers; // [layer][to][from]

  AttentionMaps(String name, List<String> tokens, boolean causal, List<double[][]> layers) {
    this.name = name;
    this.tokens = tokens;
    this.causal = causal;
    this.layers = List.copyOf(layers);
  }

  /** Takes matrices, [layer][to][from], whose rows sum to one. */
  public static AttentionMaps of(List<double[][]> layers, List<String> tokens) {
    for (double[][] layer : layers) {
      for (double[] row : layer) {
        double sum = 0;
        for (double share : row) {
          sum += share;
        }
        if (layer.length != tokens.size()
            || row.length != tokens.size()
            || !(Math.abs(sum - 1) < 1e-3)) {
          throw new IllegalArgumentException(
              "Expected matrices of %d x %d whose rows sum to one; got a row of %d entries with the sum %s"
                  .formatted(tokens.size(), tokens.size(), row.length, sum));
        }
      }
    }
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("Expected at least one layer's matrix");
    }
    return new AttentionMaps("given maps", List.copyOf(tokens), false, copy(layers));
  }

  /**
   * Takes a model's attention on one prompt, mean over heads, each layer 0.5 A + 0.5 I.
   *
   * @throws IllegalArgumentException for a batch, or heads that the model lacks
   */
  public static AttentionMaps ofAttention(HookedTransformer model, Tokens tokens, HeadMix mix) {
    if (tokens.batch() != 1) {
      throw new IllegalArgumentException(
          "Attention maps are of one prompt; got a batch of %d: call it for each, Tokens.of(tokens.row(i))"
              .formatted(tokens.batch()));
    }
    return ofAttention(model, tokens, mix.heads(model.config()), mix.toString()).get(0);
  }

  static List<AttentionMaps> ofAttention(
      HookedTransformer model, Tokens tokens, HeadSet heads, String name) {
    if (!model.config().weightsSumToOne()) {
      throw new IllegalArgumentException(
          "Attention maps are made of probabilities, and this model weights values by the scores themselves: use InputAttributions.integratedGradients or occlusion");
    }
    List<HookPoint> points = new ArrayList<>();
    heads.layers().forEach(layer -> points.add(Sites.PATTERN.at(layer)));
    List<List<String>> labels = TokenAttribution.labels(model, tokens);
    List<AttentionMaps> maps = new ArrayList<>();
    try (Run run = model.run(tokens, Capture.matching(points::contains));
        NDManager scope = Engines.newManager(model.device())) {
      for (int row = 0; row < tokens.batch(); row++) {
        List<double[][]> layers = new ArrayList<>();
        for (int layer = 0; layer < model.config().layers(); layer++) {
          HeadSet own = heads.inLayer(layer);
          double[][] mean = new double[tokens.length(row)][tokens.length(row)];
          for (Head head : own) {
            NDArray all = run.cache().get(Sites.PATTERN.at(layer)).stopGradient();
            all.attach(scope);
            double[][] pattern = Tensors.matrix(all.get(row, head.index()));
            add(mean, pattern, tokens.columns(row), RESIDUAL / own.size());
          }
          for (int i = 0; i < mean.length; i++) {
            mean[i][i] += own.isEmpty() ? 1 : RESIDUAL;
          }
          layers.add(mean);
        }
        maps.add(new AttentionMaps(name, labels.get(row), model.config().causal(), layers));
      }
    }
    return maps;
  }

  private static void add(double[][] sum, double[][] pattern, int[] columns, double share) {
    for (int i = 0; i < columns.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        sum[i][j] += share * pattern[columns[i]][columns[j]];
      }
    }
  }

  private static List<double[][]> copy(List<double[][]> layers) {
    List<double[][]> copies = new ArrayList<>();
    for (double[][] layer : layers) {
      double[][] copy = new double[layer.length][];
      for (int i = 0; i < copy.length; i++) {
        copy[i] = layer[i].clone();
      }
      copies.add(copy);
    }
    return copies;
  }

  /** Returns each layer's matrix, [layer][to][from]. */
  public List<double[][]> layers() {
    return copy(layers);
  }

  /** Returns the prompt's tokens as text. */
  public List<String> tokens() {
    return tokens;
  }

  /**
   * Returns the product of the layers' matrices, [to][from]: which share of a position behind the
   * last layer comes from each input token. Rows sum to one. In a causal model the first token is
   * made of itself alone, so with every layer more of all shares ends there.
   */
  public double[][] rollout() {
    double[][] product = copy(layers).get(0);
    for (double[][] layer : layers.subList(1, layers.size())) {
      product = times(layer, product);
    }
    return product;
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] product = new double[a.length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        for (int k = 0; k < a.length; k++) {
          product[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return product;
  }

  /**
   * Returns the maximum flow from a position behind the last layer to each input token, [from],
   * when the matrices' entries are the capacities of the edges between layers (Abnar and Zuidema
   * 2020). Each token's flow is computed alone, so they do not sum to one.
   *
   * @param to the position, -1 for the last
   */
  public double[] flow(int to) {
    int length = tokens.size();
    int at = to < 0 ? length + to : to;
    if (at < 0 || at >= length) {
      throw new IllegalArgumentException(
          "There are positions 0 to %d, or -1 to -%d from the end; got %d"
              .formatted(length - 1, length, to));
    }
    double[] flows = new double[length];
    for (int from = 0; from < length; from++) {
      flows[from] = network().flow(layers.size() * length + at, from);
    }
    return flows;
  }

  /** Nodes are position by position, from the input upwards; edges go down. */
  private MaxFlow network() {
    int length = tokens.size();
    MaxFlow network = new MaxFlow((layers.size() + 1) * length);
    for (int layer = 0; layer < layers.size(); layer++) {
      for (int i = 0; i < length; i++) {
        for (int j = 0; j < length; j++) {
          double capacity = layers.get(layer)[i][j];
          if (capacity > 0) {
            network.edge((layer + 1) * length + i, layer * length + j, capacity);
          }
        }
      }
    }
    return network;
  }

  /** Draws the rollout. */
  public Heatmap plot() {
    Heatmap map =
        Plots.heatmap(rollout())
            .rows(tokens)
            .columns(tokens)
            .square()
            .sequential()
            .range(0, 1)
            .xLabel("input token")
            .yLabel("position behind the last layer")
            .colorLabel("share")
            .title("Rollout (" + name + ")");
    return causal ? map.causal() : map;
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }
}
