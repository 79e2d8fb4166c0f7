package io.loupe.workbench.attribution;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Correlation;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * Several methods on the same prompts, and how far they agree: Kendall's tau-b between the ranks
 * that two methods give a prompt's tokens, mean over prompts. Half the methods have no sign, so
 * ranks are those of the scores' magnitudes; agreement says nothing about who is right (Neely et
 * al. 2022).
 */
public final class AttributionComparison implements Displayable {
  private final List<TokenAttribution> results;

  private AttributionComparison(List<TokenAttribution> results) {
    this.results = List.copyOf(results);
  }

  /**
   * Runs methods.
   *
   * @throws IllegalArgumentException if there are fewer than two, or two of one name
   */
  public static AttributionComparison of(
      HookedTransformer model, Tokens tokens, Metric metric, List<InputAttribution> methods) {
    List<String> names = methods.stream().map(InputAttribution::name).toList();
    if (methods.size() < 2 || new HashSet<>(names).size() < names.size()) {
      throw new IllegalArgumentException(
          "Expected two or more different methods, e.g. InputAttributions.all(); got " + names);
    }
    List<TokenAttribution> results = new ArrayList<>();
    for (InputAttribution method : methods) {
      results.add(method.of(model, tokens, metric));
    }
    return new AttributionComparison(results);
  }

  /** Returns each method's result, in the order of the methods. */
  public List<TokenAttribution> results() {
    return results;
  }

  /** Returns the agreement on one prompt, [method][method]; NaN where a method ties all tokens. */
  public double[][] agreement(int row) {
    int methods = results.size();
    double[][] agreement = new double[methods][methods];
    for (int a = 0; a < methods; a++) {
      for (int b = 0; b < methods; b++) {
        agreement[a][b] = Correlation.kendall(magnitudes(a, row), magnitudes(b, row));
      }
    }
    return agreement;
  }

  private double[] magnitudes(int method, int row) {
    return Arrays.stream(results.get(method).scores()[row]).map(Math::abs).toArray();
  }

  /** Returns the agreement, mean over prompts, [method][method]. */
  public double[][] agreement() {
    int methods = results.size();
    int rows = results.get(0).tokens().batch();
    double[][] mean = new double[methods][methods];
    for (int row = 0; row < rows; row++) {
      double[][] one = agreement(row);
      for (int a = 0; a < methods; a++) {
        for (int b = 0; b < methods; b++) {
          mean[a][b] += one[a][b] / rows;
        }
      }
    }
    return mean;
  }

  /** Draws the agreement. */
  public Heatmap plotAgreement() {
    double[][] values = agreement();
    String[][] text = new String[values.length][values.length];
    for (int a = 0; a < values.length; a++) {
      for (int b = 0; b < values.length; b++) {
        text[a][b] = Double.isNaN(values[a][b]) ? "" : "%.2f".formatted(values[a][b]);
      }
    }
    return Plots.heatmap(values)
        .rows(names())
        .columns(names())
        .cellText(text)
        .diverging()
        .range(-1, 1)
        .colorLabel("Kendall's tau-b of magnitudes")
        .title("How far the methods agree, mean over prompts");
  }

  /**
   * Draws one prompt's scores as a strip of tokens for each method, each divided by its largest
   * magnitude.
   */
  public Heatmap plot(int row) {
    double[][] values = new double[results.size()][];
    String[][] text = new String[values.length][];
    for (int method = 0; method < values.length; method++) {
      double[] scores = results.get(method).scores()[row];
      double largest = Arrays.stream(scores).map(Math::abs).max().orElse(0);
      values[method] =
          Arrays.stream(scores).map(score -> largest == 0 ? 0 : score / largest).toArray();
      text[method] =
          Arrays.stream(values[method]).mapToObj("%.2f"::formatted).toArray(String[]::new);
    }
    return Plots.heatmap(values)
        .rows(names())
        .columns(results.get(0).labels().get(row))
        .cellText(text)
        .diverging()
        .range(-1, 1)
        .xLabel("input token")
        .colorLabel("score / largest magnitude")
        .title("What the input's tokens had to do with the metric");
  }

  /** Names without their settings, unless two would be the same. */
  private List<String> names() {
    List<String> full = results.stream().map(result -> result.method().name()).toList();
    List<String> brief = full.stream().map(name -> name.replaceAll(" \\(.*", "")).toList();
    return new HashSet<>(brief).size() == brief.size() ? brief : full;
  }

  /** Shows the first prompt's scores. */
  @Override
  public MimeBundle display() {
    return plot(0).display();
  }
}
