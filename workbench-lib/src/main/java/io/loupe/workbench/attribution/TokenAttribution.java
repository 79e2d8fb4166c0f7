package io.loupe.workbench.attribution;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.TokenText;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A score for each token of each row, as the method gives it: nothing is normalised. */
public final class TokenAttribution implements Displayable {
  private final InputAttribution method;
  private final HookedTransformer model;
  private final Tokens tokens;
  private final List<List<String>> labels;
  private final double[][] scores;
  private final double[] metric;
  private final Optional<double[]> completenessErrors;

  TokenAttribution(
      InputAttribution method,
      HookedTransformer model,
      Tokens tokens,
      double[][] scores,
      double[] metric,
      Optional<double[]> completenessErrors) {
    this.method = method;
    this.model = model;
    this.tokens = tokens;
    this.labels = labels(model, tokens);
    this.scores = scores;
    this.metric = metric;
    this.completenessErrors = completenessErrors;
  }

  TokenAttribution(
      InputAttribution method,
      HookedTransformer model,
      Tokens tokens,
      double[][] scores,
      double[] metric) {
    this(method, model, tokens, scores, metric, Optional.empty());
  }

  static List<List<String>> labels(HookedTransformer model, Tokens tokens) {
    List<List<String>> labels = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      labels.add(
          model.hasTokenizer()
              ? model.labels(tokens, row)
              : Arrays.stream(tokens.row(row)).mapToObj(id -> "<" + id + ">").toList());
    }
    return List.copyOf(labels);
  }

  /** Runs the model and returns the metric, [row]; refuses one that is not a number. */
  static double[] metric(HookedTransformer model, Tokens tokens, Metric metric) {
    try (var run = model.run(tokens)) {
      return requireNumbers(metric.perExample(run));
    }
  }

  static double[] requireNumbers(double[] values) {
    for (int row = 0; row < values.length; row++) {
      if (Double.isNaN(values[row])) {
        throw new IllegalArgumentException(
            "The metric of row %d is not a number (NaN) before anything is changed".formatted(row));
      }
    }
    return values;
  }

  /** Returns the method. */
  public InputAttribution method() {
    return method;
  }

  /** Returns what was attributed. */
  public Tokens tokens() {
    return tokens;
  }

  /** Returns each row's tokens as text, padding left out, [row][position]. */
  public List<List<String>> labels() {
    return labels;
  }

  /** Returns the scores, padding left out, [row][position]. */
  public double[][] scores() {
    return Arrays.stream(scores).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the metric that was attributed, [row]. */
  public double[] metric() {
    return metric.clone();
  }

  /**
   * Returns, for integrated gradients, how far the scores' sum is from the metric minus its value
   * at the baseline, as a share of that difference, [row]; empty for methods without such a law.
   */
  public Optional<double[]> completenessErrors() {
    return completenessErrors.map(double[]::clone);
  }

  /** Returns how the result came about. Hashes the weights. */
  public Provenance provenance() {
    return model.provenance(tokens);
  }

  /**
   * Returns the positions of a row, the highest score first; equal ones in the order of the text.
   */
  public int[] ranked(int row) {
    return IntStream.range(0, scores[row].length)
        .boxed()
        .sorted((a, b) -> Double.compare(scores[row][b], scores[row][a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Draws the scores, a row a prompt, with the token in each cell. */
  public Heatmap plot() {
    int columns = Arrays.stream(scores).mapToInt(row -> row.length).max().orElse(0);
    double[][] values = new double[scores.length][columns];
    String[][] text = new String[scores.length][columns];
    for (int row = 0; row < scores.length; row++) {
      for (int column = 0; column < columns; column++) {
        boolean there = column < scores[row].length;
        values[row][column] = there ? scores[row][column] : Double.NaN;
        text[row][column] =
            there
                ? "%s\n%.2f"
                    .formatted(TokenText.visible(labels.get(row).get(column)), scores[row][column])
                : "";
      }
    }
    Heatmap map =
        Plots.heatmap(values)
            .rows(IntStream.range(0, scores.length).mapToObj(row -> "prompt " + row).toList())
            .columns(IntStream.range(0, columns).mapToObj(Integer::toString).toList())
            .cellText(text)
            .xLabel("position")
            .colorLabel("score")
            .title("Input attribution: " + method.name() + incomplete());
    return method.signed() ? map.diverging() : map.sequential();
  }

  /** Says so if the scores miss their sum by more than 1 %. */
  private String incomplete() {
    double worst =
        completenessErrors.stream().flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0);
    return worst > 0.01 ? ", incomplete by up to %.0f %%".formatted(100 * worst) : "";
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  @Override
  public String toString() {
    return "TokenAttribution[%s of %s%s]"
        .formatted(
            method.name(),
            tokens,
            completenessErrors
                .map(errors -> ", completeness errors " + Arrays.toString(errors))
                .orElse(""));
  }
}
