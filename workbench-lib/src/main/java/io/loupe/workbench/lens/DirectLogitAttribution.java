package io.loupe.workbench.lens;

import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Direct logit attribution (Elhage et al. 2021): how much each embedding, head and MLP contributes
 * to a logit, or to the difference of two, at one position. The final norm's scale is frozen at its
 * value in the run, which makes the logit a sum over components; centring and the norm's weight are
 * linear and applied to each.
 */
public final class DirectLogitAttribution implements Displayable {
  private static final Set<Site> READ =
      Set.of(
          Sites.EMBED,
          Sites.POS_EMBED,
          Sites.RESULT,
          Sites.MLP_OUT,
          Sites.RESID_POST,
          Sites.LOGITS);

  private final List<Component> components;
  private final double[][] values; // [row][component]
  private final double[] logits; // [row]
  private final ModelConfig config;

  private DirectLogitAttribution(
      ModelConfig config, List<Component> components, double[][] values, double[] logits) {
    this.config = config;
    this.components = List.copyOf(components);
    this.values = values;
    this.logits = logits;
  }

  /**
   * A part of the model that writes to the residual stream, or the constant that the norm's and the
   * unembedding's biases add.
   *
   * @param name for people: {@code embed}, {@code L3H5}, {@code L3 mlp}, {@code L3 attention bias}
   */
  public record Component(String name) {}

  /** Attributes the logit of a token at each row's last position. */
  public static DirectLogitAttribution of(HookedTransformer model, Tokens tokens, long answer) {
    return of(model, tokens, new Target(answer, OptionalLong.empty()));
  }

  /** Attributes the logit of one token minus that of another at each row's last position. */
  public static DirectLogitAttribution of(
      HookedTransformer model, Tokens tokens, long answer, long wrong) {
    return of(model, tokens, new Target(answer, OptionalLong.of(wrong)));
  }

  private static DirectLogitAttribution of(HookedTransformer model, Tokens tokens, Target target) {
    target.check(model.config().vocab());
    Capture capture =
        Capture.matching(point -> READ.contains(point.site())).positions(-1).as(DataType.FLOAT64);
    try (Run run = model.run(tokens, capture)) {
      return new Attributor(model, run.cache(), target).attribute();
    }
  }

  /** The logit, or difference of two, that is attributed. */
  private record Target(long answer, OptionalLong wrong) {
    void check(int vocab) {
      for (long token : new long[] {answer, wrong.orElse(answer)}) {
        if (token < 0 || token >= vocab) {
          throw new IllegalArgumentException(
              "There is no token " + token + "; the vocabulary has 0 to " + (vocab - 1));
        }
      }
    }

    /** Takes the answer's row of a matrix, minus the wrong answer's. */
    double[] of(double[] matrix, int offset, int width) {
      double[] row = new double[width];
      for (int i = 0; i < width; i++) {
        double other = wrong.isPresent() ? matrix[offset + (int) wrong.getAsLong() * width + i] : 0;
        row[i] = matrix[offset + (int) answer * width + i] - other;
      }
      return row;
    }
  }

  /** Returns the parts, in the order of the forward pass, the constant last. */
  public List<Component> components() {
    return components;
  }

  /** Returns the contribution of each part to each row's logit, [row][component]. */
  public double[][] values() {
    return Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the logit, or difference of logits, that the model computed, [row]. */
  public double[] logits() {
    return logits.clone();
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
    return Plots.bars(Arrays.stream(shown).mapToObj(i -> components.get(i).name()).toList())
        .series("contribution", Arrays.stream(shown).mapToDouble(i -> means[i]).toArray())
        .horizontal()
        .xLabel("contribution to the logit")
        .title("Direct logit attribution (final norm's scale frozen)");
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  /** Does the sums, in float64, on what was captured at one position. */
  private static final class Attributor {
    private final HookedTransformer model;
    private final ActivationCache cache;
    private final int rows;
    private final int dModel;
    private final double constant;
    private final double[][] directions; // [row][d_model]: through the frozen norm
    private final Target target;
    private final List<Component> components = new ArrayList<>();
    private final List<double[]> columns = new ArrayList<>();

    Attributor(HookedTransformer model, ActivationCache cache, Target target) {
      this.model = model;
      this.cache = cache;
      this.rows = cache.tokens().batch();
      this.dModel = model.config().dModel();
      this.target = target;
      double[] direction = target.of(parameter("unembed.W_U"), 0, dModel);
      double[] normBias = parameter("ln_final.b");
      double[] logitBias = parameter("unembed.b_U");
      this.constant =
          (normBias.length == 0 ? 0 : dot(normBias, 0, direction))
              + (logitBias.length == 0 ? 0 : target.of(logitBias, 0, 1)[0]);
      this.directions = directions(direction);
    }

    DirectLogitAttribution attribute() {
      add("embed", Sites.EMBED.here());
      if (model.config().has(Sites.POS_EMBED)) {
        add("pos_embed", Sites.POS_EMBED.here());
      }
      for (int layer = 0; layer < model.config().layers(); layer++) {
        addHeads(layer);
        addOutputBias(layer);
        add("L" + layer + " mlp", Sites.MLP_OUT.at(layer));
      }
      double[] constants = new double[rows];
      Arrays.fill(constants, constant);
      add("constant", constants);
      double[][] values = new double[rows][components.size()];
      for (int row = 0; row < rows; row++) {
        for (int component = 0; component < columns.size(); component++) {
          values[row][component] = columns.get(component)[row];
        }
      }
      return new DirectLogitAttribution(model.config(), components, values, logits());
    }

    /**
     * Through the frozen norm: x to weight * (x - mean x) / scale, read along the direction, is x
     * times a direction of its own.
     */
    private double[][] directions(double[] direction) {
      double[] residual = values(Sites.RESID_POST.at(model.config().layers() - 1));
      double[] weight = parameter("ln_final.w");
      boolean centred = model.config().norm().kind() == NormSpec.Kind.LAYER_NORM;
      double[][] directions = new double[rows][dModel];
      for (int row = 0; row < rows; row++) {
        double scale = scale(residual, row, centred);
        double mean = 0;
        for (int i = 0; i < dModel; i++) {
          directions[row][i] = weight[i] * direction[i] / scale;
          mean += directions[row][i] / dModel;
        }
        for (int i = 0; centred && i < dModel; i++) {
          directions[row][i] -= mean;
        }
      }
      return directions;
    }

    private double scale(double[] residual, int row, boolean centred) {
      double mean = 0;
      double square = 0;
      for (int i = 0; i < dModel; i++) {
        mean += residual[row * dModel + i] / dModel;
        square += residual[row * dModel + i] * residual[row * dModel + i] / dModel;
      }
      double variance = centred ? square - mean * mean : square;
      return Math.sqrt(variance + model.config().norm().epsilon());
    }

    private void add(String name, HookPoint point) {
      double[] activation =
          values(point); // [row, d_model]; position embeddings of equal rows stand there once
      double[] column = new double[rows];
      for (int row = 0; row < rows; row++) {
        column[row] =
            dot(activation, activation.length == dModel ? 0 : row * dModel, directions[row]);
      }
      add(name, column);
    }

    private void addHeads(int layer) {
      double[] results = values(Sites.RESULT.at(layer)); // [row, head, d_model]
      int heads = model.config().heads();
      for (int head = 0; head < heads; head++) {
        double[] column = new double[rows];
        for (int row = 0; row < rows; row++) {
          column[row] = dot(results, (row * heads + head) * dModel, directions[row]);
        }
        add(new Head(layer, head).toString(), column);
      }
    }

    private void addOutputBias(int layer) {
      double[] bias = parameter("blocks." + layer + ".attn.b_O");
      if (bias.length > 0) {
        double[] column = new double[rows];
        for (int row = 0; row < rows; row++) {
          column[row] = dot(bias, 0, directions[row]);
        }
        add("L" + layer + " attention bias", column);
      }
    }

    private void add(String name, double[] column) {
      components.add(new Component(name));
      columns.add(column);
    }

    /** The model's own logits, not the sum. */
    private double[] logits() {
      double[] all = values(Sites.LOGITS.here()); // [row, vocab]
      double[] logits = new double[rows];
      for (int row = 0; row < rows; row++) {
        logits[row] = target.of(all, row * model.config().vocab(), 1)[0];
      }
      return logits;
    }

    private double[] values(HookPoint point) {
      return Tensors.doubles(cache.get(point));
    }

    /** Returns a parameter's values; empty if the model has it not. */
    private double[] parameter(String name) {
      Weights weights = model.weights();
      return weights.names().contains(name) ? Tensors.doubles(weights.get(name)) : new double[0];
    }

    private double dot(double[] values, int offset, double[] direction) {
      double sum = 0;
      for (int i = 0; i < dModel; i++) {
        sum += values[offset + i] * direction[i];
      }
      return sum;
    }
  }
}
