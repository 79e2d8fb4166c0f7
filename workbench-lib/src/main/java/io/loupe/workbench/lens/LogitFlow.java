package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.TokenText;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;

/**
 * How the logit of a token, its rank and its probability come about: read off the residual stream
 * by the logit lens (nostalgebraist 2020) after each attention and each MLP, at every position, and
 * what each of them changed. Where attention and MLP work in parallel there is one step a layer.
 */
public final class LogitFlow implements Displayable {
  private final List<String> steps; // what is read, from the embedding on
  private final List<String> tokens;
  private final String target;
  private final boolean single;
  private final NormScale scale;
  private final double[][] logits; // [step][pos]
  private final double[][] probabilities;
  private final double[][] ranks;
  private final List<List<String>> top;

  /** What is read for the target. */
  public enum Quantity {
    /** Its logit, or the difference of two. */
    LOGIT("logit"),
    /** Its probability. */
    PROBABILITY("probability"),
    /** How many tokens have a larger logit: 0 is the best. */
    RANK("rank");

    private final String label;

    Quantity(String label) {
      this.label = label;
    }
  }

  private LogitFlow(
      Reading reading,
      HookedTransformer model,
      Tokens tokens,
      String target,
      boolean single,
      NormScale scale) {
    this.steps = List.copyOf(reading.steps);
    this.tokens = Rows.labels(model, tokens);
    this.target = target;
    this.single = single;
    this.scale = scale;
    this.logits = reading.logits.toArray(double[][]::new);
    this.probabilities = reading.probabilities.toArray(double[][]::new);
    this.ranks = reading.ranks.toArray(double[][]::new);
    this.top = List.copyOf(reading.top);
  }

  /**
   * Follows one token at every position of a prompt.
   *
   * @param scale OWN to read each stream as if it were the last; FINAL so that increments are
   *     direct logit attributions at each position
   * @throws IllegalArgumentException before any run, for a batch, an unknown token, or FINAL in a
   *     model whose stream is normalised or whose head has a dense layer
   */
  public static LogitFlow of(HookedTransformer model, Tokens tokens, long token, NormScale scale) {
    LogitTarget target = new LogitTarget(token, OptionalLong.empty());
    target.check(model.config().vocab());
    return read(model, tokens, name(model, token), everywhere(tokens, target), scale);
  }

  /** Follows the logit of one token minus that of another; see {@link #of}. */
  public static LogitFlow difference(
      HookedTransformer model, Tokens tokens, long answer, long wrong, NormScale scale) {
    LogitTarget target = new LogitTarget(answer, OptionalLong.of(wrong));
    target.check(model.config().vocab());
    String name = name(model, answer) + " - " + name(model, wrong);
    return read(model, tokens, name, everywhere(tokens, target), scale);
  }

  /**
   * Follows at each position what the text has: the next token in a causal model (the last position
   * has none and is left out), the token there in a bidirectional one; see {@link #of}.
   */
  public static LogitFlow ofText(HookedTransformer model, Tokens tokens, NormScale scale) {
    Rows.requireOne(tokens, "The logit flow");
    long[] ids = tokens.row(0);
    boolean causal = model.config().causal();
    LogitTarget[] targets = new LogitTarget[causal ? ids.length - 1 : ids.length];
    if (targets.length == 0) {
      throw new IllegalArgumentException(
          "A prompt of one token has no next one; name the token: LogitFlow.of(model, tokens, token, scale)");
    }
    Arrays.setAll(targets, i -> new LogitTarget(ids[causal ? i + 1 : i], OptionalLong.empty()));
    String name = causal ? "the next token" : "the token at the position";
    return read(model, tokens, name, targets, scale);
  }

  private static LogitTarget[] everywhere(Tokens tokens, LogitTarget target) {
    Rows.requireOne(tokens, "The logit flow");
    LogitTarget[] targets = new LogitTarget[tokens.length(0)];
    Arrays.fill(targets, target);
    return targets;
  }

  private static String name(HookedTransformer model, long token) {
    return "\""
        + TokenText.visible(Rows.labels(model, Tokens.of(new long[] {token})).get(0))
        + "\"";
  }

  private static LogitFlow read(
      HookedTransformer model, Tokens tokens, String name, LogitTarget[] targets, NormScale scale) {
    Reading reading = new Reading(model, targets);
    LogitLensReader.read(model, tokens, places(model.config()), scale, reading::note);
    boolean single = targets[0].wrong().isEmpty();
    return new LogitFlow(reading, model, tokens, name, single, scale);
  }

  private static List<LogitLensReader.Place> places(ModelConfig config) {
    List<LogitLensReader.Place> places = new ArrayList<>();
    places.add(LogitLensReader.Place.of(Sites.RESID_PRE.at(0)));
    for (int layer = 0; layer < config.layers(); layer++) {
      if (config.has(Sites.RESID_MID)) {
        places.add(
            new LogitLensReader.Place(Sites.RESID_MID.at(layer), null, "L" + layer + " attention"));
      }
      String last = config.has(Sites.RESID_MID) ? " MLP" : "";
      places.add(new LogitLensReader.Place(Sites.RESID_POST.at(layer), null, "L" + layer + last));
    }
    return places;
  }

  /** Collects what is read, step by step. */
  private static final class Reading {
    private final HookedTransformer model;
    private final LogitTarget[] targets;
    private final List<String> steps = new ArrayList<>();
    private final List<double[]> logits = new ArrayList<>();
    private final List<double[]> probabilities = new ArrayList<>();
    private final List<double[]> ranks = new ArrayList<>();
    private final List<List<String>> top = new ArrayList<>();

    Reading(HookedTransformer model, LogitTarget[] targets) {
      this.model = model;
      this.targets = targets;
    }

    void note(LogitLensReader.Place place, NDArray all) {
      NDArray wide = all.toType(DataType.FLOAT64, false);
      NDArray p = wide.softmax(-1);
      double[] logit = new double[targets.length];
      double[] probability = new double[targets.length];
      double[] rank = new double[targets.length];
      for (int position = 0; position < targets.length; position++) {
        double[] row = wide.get(position).toDoubleArray();
        logit[position] = targets[position].of(row);
        int answer = (int) targets[position].answer();
        probability[position] = p.getDouble(position, answer);
        rank[position] = Arrays.stream(row).filter(other -> other > row[answer]).count();
      }
      steps.add(place.label());
      logits.add(logit);
      probabilities.add(probability);
      ranks.add(rank);
      top.add(Rows.labels(model, Tokens.of(wide.argMax(-1).toLongArray())));
    }
  }

  /**
   * Returns what was read: {@code embedding}, then what comes after each {@code L0 attention},
   * {@code L0 MLP}, ...
   */
  public List<String> steps() {
    return steps;
  }

  /** Returns the target's logit, or difference of logits, [step][pos]. */
  public double[][] logits() {
    return copy(logits);
  }

  /**
   * Returns the target's probability, [step][pos].
   *
   * @throws IllegalStateException if the target is a difference of two logits
   */
  public double[][] probabilities() {
    requireSingle();
    return copy(probabilities);
  }

  /**
   * Returns how many tokens have a larger logit than the target, [step][pos].
   *
   * @throws IllegalStateException if the target is a difference of two logits
   */
  public double[][] ranks() {
    requireSingle();
    return copy(ranks);
  }

  /**
   * Returns what each attention and MLP changed, [step - 1][pos]: the value after it minus the one
   * before it.
   */
  public double[][] increments(Quantity quantity) {
    double[][] values = values(quantity);
    double[][] increments = new double[values.length - 1][values[0].length];
    for (int step = 0; step < increments.length; step++) {
      for (int position = 0; position < values[0].length; position++) {
        increments[step][position] = values[step + 1][position] - values[step][position];
      }
    }
    return increments;
  }

  /** Returns the most probable token as text, [step][pos]. */
  public List<List<String>> topTokens() {
    return top;
  }

  private double[][] values(Quantity quantity) {
    return switch (quantity) {
      case LOGIT -> logits();
      case PROBABILITY -> probabilities();
      case RANK -> ranks();
    };
  }

  private void requireSingle() {
    if (!single) {
      throw new IllegalStateException(
          "The difference %s has no rank or probability: read logits(), or LogitFlow.of(model, tokens, token, scale)"
              .formatted(target));
    }
  }

  /** Draws the quantity, the last step on top, with the most probable token in each cell. */
  public Heatmap plot(Quantity quantity) {
    double[][] values = values(quantity);
    List<String> labels = new ArrayList<>();
    double[][] turned = turned(values, steps, labels);
    String[][] text = new String[values.length][values[0].length];
    for (int row = 0; row < text.length; row++) {
      for (int position = 0; position < text[row].length; position++) {
        text[row][position] =
            TokenText.visible(top.get(values.length - 1 - row).get(position))
                + "\n"
                + number(quantity, turned[row][position]);
      }
    }
    Heatmap map =
        framed(Plots.heatmap(turned), labels, quantity)
            .cellText(text)
            .yLabel("residual stream after")
            .title("%s of %s, and the top token".formatted(quantity.label, target));
    return quantity == Quantity.LOGIT ? map : map.sequential();
  }

  /** Draws what each attention and MLP changed, the last on top. */
  public Heatmap plotIncrements(Quantity quantity) {
    List<String> labels = new ArrayList<>();
    double[][] turned = turned(increments(quantity), steps.subList(1, steps.size()), labels);
    return framed(Plots.heatmap(turned), labels, quantity)
        .diverging()
        .yLabel("added by")
        .title("Change of the %s of %s".formatted(quantity.label, target));
  }

  private Heatmap framed(Heatmap map, List<String> labels, Quantity quantity) {
    String by = scale == NormScale.OWN ? "own scale" : "final scale";
    return map.rows(labels)
        .columns(tokens.subList(0, logits[0].length))
        .xLabel("token")
        .colorLabel("%s (%s)".formatted(quantity.label, by));
  }

  private static String number(Quantity quantity, double value) {
    return switch (quantity) {
      case LOGIT -> "%.1f".formatted(value);
      case PROBABILITY -> "%.2f".formatted(value);
      case RANK -> "%.0f".formatted(value);
    };
  }

  private static double[][] turned(double[][] values, List<String> names, List<String> labels) {
    List<double[]> rows = new ArrayList<>(Arrays.asList(copy(values)));
    Collections.reverse(rows);
    labels.addAll(names);
    Collections.reverse(labels);
    return rows.toArray(double[][]::new);
  }

  private static double[][] copy(double[][] rows) {
    return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
  }

  /** Draws the logit and what changed it. */
  public Figure plot() {
    return Plots.grid(List.of(plot(Quantity.LOGIT), plotIncrements(Quantity.LOGIT)), 1);
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }
}
