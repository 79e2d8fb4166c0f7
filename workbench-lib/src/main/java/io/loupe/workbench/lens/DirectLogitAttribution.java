package io.loupe.workbench.lens;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Direct logit attribution (Elhage et al. 2021): how much each embedding, head and MLP contributes
 * to a logit, or to the difference of two, at one position. The final norm's scale is frozen at its
 * value in the run, and so is that of a norm behind the attention (Gemma 2, OLMo 2), which makes
 * the logit a sum over components; centring and the norms' weights are linear and applied to each.
 *
 * <p>Where the model caps its logits (Gemma 2), the logit before the cap is the one that is a sum
 * and is attributed.
 *
 * <p>Models whose residual stream is itself normalised (BERT, OPT-350m) and those with a dense
 * layer before the logits are refused: use {@link LogitLens}. What is attributed to biases, and a
 * single logit, depend on the weights' gauge, which the plot names.
 */
public final class DirectLogitAttribution implements Displayable {
  private final List<Component> components;
  private final double[][] values; // [row][component]
  private final double[] logits; // [row]
  private final double[] cappedLogits; // [row]
  private final ModelConfig config;
  private final Gauge gauge;

  /**
   * Holds the sums.
   *
   * @param columns each component's contribution, name to [row]
   * @param logits what is attributed, [row]
   * @param cappedLogits what the model computed of them, [row]
   */
  DirectLogitAttribution(
      HookedTransformer model,
      Map<String, double[]> columns,
      double[] logits,
      double[] cappedLogits) {
    this.config = model.config();
    this.gauge = model.gauge();
    this.components = columns.keySet().stream().map(Component::new).toList();
    List<double[]> inOrder = List.copyOf(columns.values());
    this.values = new double[logits.length][inOrder.size()];
    for (int row = 0; row < logits.length; row++) {
      for (int component = 0; component < inOrder.size(); component++) {
        values[row][component] = inOrder.get(component)[row];
      }
    }
    this.logits = logits;
    this.cappedLogits = cappedLogits;
  }

  /**
   * A part of the model that writes to the residual stream, or the constant that the norm's and the
   * unembedding's biases add.
   *
   * @param name for people: {@code embed} (or {@code embed_ln}, all embeddings behind their norm),
   *     {@code L3H5}, {@code L3 mlp}, {@code L3 attention bias}
   */
  public record Component(String name) {}

  /**
   * Attributes the logit of a token at each row's last position.
   *
   * @throws IllegalArgumentException before any run, if the model's logits are no sum over its
   *     parts, or there is no such token
   */
  public static DirectLogitAttribution of(HookedTransformer model, Tokens tokens, long answer) {
    return LogitAttributor.attribute(model, tokens, new LogitTarget(answer, OptionalLong.empty()));
  }

  /**
   * Attributes the logit of one token minus that of another at each row's last position.
   *
   * @throws IllegalArgumentException before any run, if the model's logits are no sum over its
   *     parts, or there is no such token
   */
  public static DirectLogitAttribution of(
      HookedTransformer model, Tokens tokens, long answer, long wrong) {
    return LogitAttributor.attribute(
        model, tokens, new LogitTarget(answer, OptionalLong.of(wrong)));
  }

  /** Returns the parts, in the order of the forward pass, the constant last. */
  public List<Component> components() {
    return components;
  }

  /** Returns the contribution of each part to each row's logit, [row][component]. */
  public double[][] values() {
    return Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
  }

  /**
   * Returns the logit, or difference of logits, that is attributed, [row]: the model's, before the
   * soft cap if it has one.
   */
  public double[] logits() {
    return logits.clone();
  }

  /**
   * Returns the logit, or difference of logits, that the model gave out, [row]: after the soft cap
   * if it has one, else the same as {@link #logits}.
   */
  public double[] cappedLogits() {
    return cappedLogits.clone();
  }

  /** Returns the gauge of the weights. */
  public Gauge gauge() {
    return gauge;
  }

  /**
   * Returns what the parts leave unexplained, logit minus sum, [row]: rounding, unless an
   * intervention edited the residual stream itself.
   */
  public double[] remainders() {
    double[] remainders = new double[logits.length];
    for (int row = 0; row < remainders.length; row++) {
      remainders[row] = logits[row] - Arrays.stream(values[row]).sum();
    }
    return remainders;
  }

  /** Returns the contribution of a part, mean over rows. */
  public double mean(String component) {
    int index = components.indexOf(new Component(component));
    if (index < 0) {
      throw new IllegalArgumentException(
          "No component is named '"
              + component
              + "'; there are "
              + components.stream().map(Component::name).toList());
    }
    return mean(index);
  }

  private double mean(int component) {
    return Arrays.stream(values).mapToDouble(row -> row[component]).average().orElseThrow();
  }

  /** Returns the contribution of each head, mean over rows, [layer][head]. */
  public double[][] heads() {
    double[][] heads = new double[config.layers()][config.heads()];
    for (int layer = 0; layer < heads.length; layer++) {
      for (int index = 0; index < heads[layer].length; index++) {
        heads[layer][index] = mean(new Head(layer, index).toString());
      }
    }
    return heads;
  }

  /** Draws the twenty largest contributions, mean over rows, in the order of the forward pass. */
  public Figure plot() {
    double[] means = IntStream.range(0, components.size()).mapToDouble(this::mean).toArray();
    int[] shown =
        IntStream.range(0, means.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -Math.abs(means[i])))
            .limit(20)
            .sorted()
            .mapToInt(Integer::intValue)
            .toArray();
    String cap = config.head().softCap().isPresent() ? "before the soft cap, " : "";
    return Plots.bars(Arrays.stream(shown).mapToObj(i -> components.get(i).name()).toList())
        .series("contribution", Arrays.stream(shown).mapToDouble(i -> means[i]).toArray())
        .horizontal()
        .xLabel("contribution to the logit")
        .title("Direct logit attribution (%sscales frozen, %s)".formatted(cap, gauge.label()));
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }
}
