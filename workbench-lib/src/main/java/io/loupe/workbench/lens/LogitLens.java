package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.TokenText;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The logit lens (nostalgebraist 2020): the residual stream after every layer, decoded as if it
 * were the last one's, through the final norm and the unembedding (in an encoder, the whole
 * masked-LM head). The last row is the model's own prediction: of the next token in a causal model,
 * of the token at the position itself in a bidirectional one.
 *
 * <p>It does not depend on the gauge of the weights.
 */
public final class LogitLens implements Displayable {
  private final boolean causal;
  private final List<HookPoint> points;
  private final List<String> tokens;
  private final long[][] topIds;
  private final List<List<String>> topTokens;
  private final double[][] topProbabilities;
  private final double[][] textProbabilities;

  private LogitLens(
      boolean causal,
      List<HookPoint> points,
      List<String> tokens,
      long[][] topIds,
      List<List<String>> topTokens,
      double[][] topProbabilities,
      double[][] textProbabilities) {
    this.causal = causal;
    this.points = points;
    this.tokens = tokens;
    this.topIds = topIds;
    this.topTokens = topTokens;
    this.topProbabilities = topProbabilities;
    this.textProbabilities = textProbabilities;
  }

  /** Applies the lens to a prompt. */
  public static LogitLens of(HookedTransformer model, String prompt) {
    return of(model, model.tokens(prompt));
  }

  /**
   * Applies the lens to one row of tokens, padding left out; throws {@code
   * IllegalArgumentException} for a batch. Tokens are shown as {@code <id>} if the model has no
   * tokenizer.
   */
  public static LogitLens of(HookedTransformer model, Tokens tokens) {
    if (tokens.batch() != 1) {
      throw new IllegalArgumentException(
          "The logit lens is drawn for one prompt; got a batch of " + tokens.batch());
    }
    List<HookPoint> points = points(model);
    long[] ids = tokens.row(0);
    long[] columns = Arrays.stream(tokens.columns(0)).asLongStream().toArray();
    long[][] top = new long[points.size()][];
    double[][] probability = new double[points.size()][];
    double[][] text = new double[points.size()][];
    try (Run run = model.run(tokens, Capture.matching(points::contains))) {
      for (int layer = 0; layer < points.size(); layer++) {
        NDArray residual = run.cache().get(points.get(layer));
        try (NDManager scope = residual.getManager().newSubManager()) {
          NDArray own = residual.stopGradient();
          own.attach(scope);
          NDArray rows = own.get(0).get(scope.create(columns)); // [pos, d_model]
          NDArray p =
              model.decode(rows).softmax(-1).toType(DataType.FLOAT64, false); // [pos, vocab]
          top[layer] = p.argMax(-1).toLongArray();
          probability[layer] = p.max(new int[] {-1}).toDoubleArray();
          text[layer] = textProbabilities(p, ids, model.config().causal());
        }
      }
    }
    List<List<String>> texts = new ArrayList<>();
    for (long[] row : top) {
      texts.add(labels(model, Tokens.of(row)));
    }
    return new LogitLens(
        model.config().causal(),
        points,
        labels(model, tokens),
        top,
        List.copyOf(texts),
        probability,
        text);
  }

  private static List<String> labels(HookedTransformer model, Tokens tokens) {
    return model.hasTokenizer()
        ? model.labels(tokens, 0)
        : Arrays.stream(tokens.row(0)).mapToObj(id -> "<" + id + ">").toList();
  }

  private static List<HookPoint> points(HookedTransformer model) {
    List<HookPoint> points = new ArrayList<>();
    points.add(Sites.RESID_PRE.at(0));
    for (int layer = 0; layer < model.config().layers(); layer++) {
      points.add(Sites.RESID_POST.at(layer));
    }
    return List.copyOf(points);
  }

  /** What the model is trained to say at a position is the next token, or the token there. */
  private static double[] textProbabilities(NDArray p, long[] ids, boolean causal) {
    double[] probabilities = new double[causal ? ids.length - 1 : ids.length];
    for (int position = 0; position < probabilities.length; position++) {
      probabilities[position] = p.getDouble(position, ids[causal ? position + 1 : position]);
    }
    return probabilities;
  }

  /**
   * Returns what each row was read from: RESID_PRE of layer 0 (the embedding), then RESID_POST of
   * every layer.
   */
  public List<HookPoint> points() {
    return points;
  }

  /** Returns the prompt's tokens as text. */
  public List<String> tokens() {
    return tokens;
  }

  /** Returns the most probable token, [point][pos]. */
  public long[][] topIds() {
    return Arrays.stream(topIds).map(long[]::clone).toArray(long[][]::new);
  }

  /** Returns the most probable token as text, [point][pos]. */
  public List<List<String>> topTokens() {
    return topTokens;
  }

  /** Returns the probability of the most probable token, [point][pos]. */
  public double[][] topProbabilities() {
    return copy(topProbabilities);
  }

  /**
   * Returns the probability of the token that the prompt goes on with, [point][pos], one position
   * fewer.
   *
   * @throws IllegalStateException if the model is bidirectional and predicts no next token
   */
  public double[][] nextTokenProbabilities() {
    if (!causal) {
      throw new IllegalStateException(
          "A bidirectional model predicts the token at each position, not the next one: call ownTokenProbabilities()");
    }
    return copy(textProbabilities);
  }

  /**
   * Returns the probability of the token that stands at the position, [point][pos].
   *
   * @throws IllegalStateException if the model is causal and predicts the next token
   */
  public double[][] ownTokenProbabilities() {
    if (causal) {
      throw new IllegalStateException(
          "A causal model predicts the next token, not the one at the position: call nextTokenProbabilities()");
    }
    return copy(textProbabilities);
  }

  private static double[][] copy(double[][] rows) {
    return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
  }

  /**
   * Draws the lens: layers upwards as rows, positions as columns, in each cell the top token and
   * its probability.
   */
  public Heatmap plot() {
    int rows = points.size();
    double[][] values = new double[rows][];
    String[][] text = new String[rows][tokens.size()];
    List<String> labels = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int point = rows - 1 - row; // the last layer on top
      values[row] = topProbabilities[point].clone();
      labels.add(
          points.get(point).site().equals(Sites.RESID_PRE)
              ? "embedding"
              : "layer " + points.get(point).layer());
      for (int position = 0; position < tokens.size(); position++) {
        text[row][position] =
            "%s\n%.2f"
                .formatted(
                    TokenText.visible(topTokens.get(point).get(position)), values[row][position]);
      }
    }
    return Plots.heatmap(values)
        .rows(labels)
        .columns(tokens)
        .cellText(text)
        .sequential()
        .range(0, 1)
        .xLabel("token")
        .yLabel("residual stream after")
        .colorLabel("probability of the top token")
        .title(
            "Logit lens: the most probable " + (causal ? "next token" : "token at each position"));
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  @Override
  public String toString() {
    return "LogitLens of %d tokens, %d points".formatted(tokens.size(), points.size());
  }
}
