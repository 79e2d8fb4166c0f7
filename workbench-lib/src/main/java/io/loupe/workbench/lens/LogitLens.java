package io.loupe.workbench.lens;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.TokenText;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The logit lens (nostalgebraist 2020): the residual stream after every layer, decoded as if it
 * were the last one's, through the final norm and the unembedding (in an encoder, the whole
 * masked-LM head). The last row is the model's own prediction: of the next token in a causal model,
 * of the token at the position itself in a bidirectional one.
 *
 * <p>It reads other places too: the stream between attention and MLP, and what attentions, heads
 * and MLPs add to it. A {@link NormScale} says by what the final norm then divides.
 *
 * <p>On the stream it does not depend on the gauge of the weights.
 */
public final class LogitLens implements Displayable {
  private final boolean causal;
  private final List<String> tokens;
  private final List<LensReadings.Row> rows;
  private final String title;
  private final String from;

  LogitLens(
      boolean causal, List<String> tokens, List<LensReadings.Row> rows, String title, String from) {
    this.causal = causal;
    this.tokens = tokens;
    this.rows = List.copyOf(rows);
    this.title = title;
    this.from = from;
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
    return LogitLensReader.read(model, tokens, streams(model), NormScale.OWN)
        .lens("Logit lens", "residual stream after");
  }

  /**
   * Applies the lens to another place in every layer.
   *
   * @param site RESID_PRE, RESID_MID, RESID_POST, ATTN_OUT or MLP_OUT; for RESULT see {@link
   *     #ofHeads}
   * @param scale by what the final norm divides
   * @throws IllegalArgumentException before any run, if the site is another one or the model has it
   *     not, or if a frozen scale makes no sense in the model: its stream is normalised, or a dense
   *     layer stands before its logits
   */
  public static LogitLens of(HookedTransformer model, Tokens tokens, Site site, NormScale scale) {
    if (!LogitLensReader.READABLE.contains(site)) {
      throw new IllegalArgumentException(
          "The logit lens reads vectors that are on the stream or added to it: %s; got %s. Heads are read by LogitLens.ofHeads(model, tokens, heads, scale)"
              .formatted(LogitLensReader.READABLE, site));
    }
    List<LogitLensReader.Place> places = new ArrayList<>();
    for (int layer = 0; layer < model.config().layers(); layer++) {
      places.add(LogitLensReader.Place.of(site.at(layer)));
    }
    return LogitLensReader.read(model, tokens, places, scale)
        .lens("Logit lens on " + site + scaled(scale), site.meaning());
  }

  /**
   * Applies the lens to what single heads add to the stream.
   *
   * @param scale by what the final norm divides
   * @throws IllegalArgumentException before any run, as {@link #of(HookedTransformer, Tokens, Site,
   *     NormScale)}, or if there is no such head
   */
  public static LogitLens ofHeads(
      HookedTransformer model, Tokens tokens, HeadSet heads, NormScale scale) {
    HeadSet missing = heads.minus(model.config().allHeads());
    if (heads.isEmpty() || !missing.isEmpty()) {
      throw new IllegalArgumentException(
          "Name heads among L0H0 to L%dH%d; got %s"
              .formatted(model.config().layers() - 1, model.config().heads() - 1, heads));
    }
    return LogitLensReader.read(
            model, tokens, heads.toList().stream().map(LogitLensReader.Place::of).toList(), scale)
        .lens("Logit lens on heads" + scaled(scale), "head");
  }

  private static String scaled(NormScale scale) {
    return scale == NormScale.OWN ? " (own scale)" : " (the stream's final scale)";
  }

  private static List<LogitLensReader.Place> streams(HookedTransformer model) {
    List<LogitLensReader.Place> places = new ArrayList<>();
    points(model).forEach(point -> places.add(LogitLensReader.Place.of(point)));
    return places;
  }

  static List<HookPoint> points(HookedTransformer model) {
    List<HookPoint> points = new ArrayList<>();
    points.add(Sites.RESID_PRE.at(0));
    for (int layer = 0; layer < model.config().layers(); layer++) {
      points.add(Sites.RESID_POST.at(layer));
    }
    return List.copyOf(points);
  }

  /**
   * Returns what each row was read from: unless another site was asked for, RESID_PRE of layer 0
   * (the embedding), then RESID_POST of every layer.
   */
  public List<HookPoint> points() {
    return rows.stream().map(LensReadings.Row::point).toList();
  }

  /** Returns each row's name: {@code embedding}, {@code layer 3}, {@code L3 MLP}, {@code L3H5}. */
  public List<String> labels() {
    return rows.stream().map(LensReadings.Row::label).toList();
  }

  /** Returns the prompt's tokens as text. */
  public List<String> tokens() {
    return tokens;
  }

  /** Returns the most probable token, [row][pos]. */
  public long[][] topIds() {
    return rows.stream().map(row -> row.topIds().clone()).toArray(long[][]::new);
  }

  /** Returns the most probable token as text, [row][pos]. */
  public List<List<String>> topTokens() {
    return rows.stream().map(LensReadings.Row::topTokens).toList();
  }

  /** Returns the probability of the most probable token, [row][pos]. */
  public double[][] topProbabilities() {
    return rows.stream().map(row -> row.topProbabilities().clone()).toArray(double[][]::new);
  }

  /**
   * Returns the probability of the token that the prompt goes on with, [row][pos], one position
   * fewer.
   *
   * @throws IllegalStateException if the model is bidirectional and predicts no next token
   */
  public double[][] nextTokenProbabilities() {
    if (!causal) {
      throw new IllegalStateException(
          "A bidirectional model predicts the token at each position, not the next one: call ownTokenProbabilities()");
    }
    return textProbabilities();
  }

  /**
   * Returns the probability of the token that stands at the position, [row][pos].
   *
   * @throws IllegalStateException if the model is causal and predicts the next token
   */
  public double[][] ownTokenProbabilities() {
    if (causal) {
      throw new IllegalStateException(
          "A causal model predicts the next token, not the one at the position: call nextTokenProbabilities()");
    }
    return textProbabilities();
  }

  private double[][] textProbabilities() {
    return rows.stream().map(row -> row.textProbabilities().clone()).toArray(double[][]::new);
  }

  /**
   * Draws the lens: layers upwards as rows, positions as columns, in each cell the top token and
   * its probability.
   */
  public Heatmap plot() {
    List<LensReadings.Row> downwards = new ArrayList<>(rows);
    Collections.reverse(downwards); // the last layer on top
    double[][] values = new double[downwards.size()][];
    String[][] text = new String[downwards.size()][tokens.size()];
    for (int i = 0; i < values.length; i++) {
      LensReadings.Row row = downwards.get(i);
      values[i] = row.topProbabilities().clone();
      for (int position = 0; position < tokens.size(); position++) {
        text[i][position] =
            "%s\n%.2f"
                .formatted(TokenText.visible(row.topTokens().get(position)), values[i][position]);
      }
    }
    return Plots.heatmap(values)
        .rows(downwards.stream().map(LensReadings.Row::label).toList())
        .columns(tokens)
        .cellText(text)
        .sequential()
        .range(0, 1)
        .xLabel("token")
        .yLabel(from)
        .colorLabel("probability of the top token")
        .title(title);
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  @Override
  public String toString() {
    return "LogitLens of %d tokens, %d rows".formatted(tokens.size(), rows.size());
  }
}
