package io.loupe.workbench.sweep;

import io.loupe.datasets.Prompt;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Causal tracing (Meng et al. 2022): noise on the embeddings of a span (the subject of a fact)
 * makes the model forget the answer; restoring single activations of the clean run shows which of
 * them suffice to bring it back. The metric is usually the answer's probability at the last
 * position, {@link io.loupe.workbench.metric.Metrics#probability}.
 *
 * <p>Prompts may differ in length. Defaults are the paper's: noise of three times the standard
 * deviation of the span's embeddings, ten draws of it, one layer restored at a time. The paper
 * restores MLP and attention outputs in windows of ten layers (of 48): {@code restore(MLP_OUT,
 * 10)}.
 *
 * <p>A checkpoint is a file for each draw of the noise, with the draw's number behind its name.
 */
public final class CausalTrace extends CellSweep<CausalTrace> {
  private final HookedTransformer model;
  private final Tokens tokens;
  private final String span;
  private final Metric metric;
  private final Noise noise;

  /** How much noise, how often. */
  private record Noise(double deviations, int draws, long seed) {}

  private CausalTrace(
      HookedTransformer model,
      Tokens tokens,
      String span,
      Metric metric,
      Noise noise,
      SweepOptions options) {
    super(options);
    this.model = model;
    this.tokens = tokens;
    this.span = span;
    this.metric = metric;
    this.noise = noise;
  }

  /**
   * Traces prompts with a named span each.
   *
   * @param span its name, e.g. {@code subject}
   * @throws IllegalArgumentException if a row has no span of that name
   */
  public static CausalTrace of(HookedTransformer model, Tokens tokens, String span, Metric metric) {
    for (int row = 0; row < tokens.batch(); row++) {
      int each = row;
      if (tokens.spans(row).stream().noneMatch(named -> named.name().equals(span))) {
        throw new IllegalArgumentException(
            "Row %d has no span '%s' to put noise on; it has %s. Name it: tokens.withSpans(%d, List.of(new Span(\"%s\", start, end))), or Prompt.of(text).mark(\"%s\", \"its text\")"
                .formatted(
                    row,
                    span,
                    tokens.spans(each).stream().map(named -> named.name()).toList(),
                    row,
                    span,
                    span));
      }
    }
    return new CausalTrace(model, tokens, span, metric, new Noise(3, 10, 0), SweepOptions.DEFAULT);
  }

  /** Traces prompts with a named span each. */
  public static CausalTrace of(
      HookedTransformer model, List<Prompt> prompts, String span, Metric metric) {
    return of(model, model.tokens(prompts), span, metric);
  }

  /**
   * Sets the amount of noise.
   *
   * @param deviations the noise's standard deviation, in standard deviations of the span's
   *     embeddings; positive
   */
  public CausalTrace noise(double deviations) {
    if (!(deviations > 0) || Double.isInfinite(deviations)) {
      throw new IllegalArgumentException(
          "Noise is a positive multiple of the embeddings' standard deviation, e.g. 3; got "
              + deviations);
    }
    return with(new Noise(deviations, noise.draws(), noise.seed()));
  }

  /** Sets how many times noise is drawn; an example's value is its mean over the draws. */
  public CausalTrace draws(int draws) {
    if (draws < 1) {
      throw new IllegalArgumentException("Noise is drawn at least once; got " + draws);
    }
    return with(new Noise(noise.deviations(), draws, noise.seed()));
  }

  /** Sets the seed of the noise. */
  public CausalTrace seed(long seed) {
    return with(new Noise(noise.deviations(), noise.draws(), seed));
  }

  private CausalTrace with(Noise changed) {
    return new CausalTrace(model, tokens, span, metric, changed, options());
  }

  @Override
  CausalTrace with(SweepOptions changed) {
    return new CausalTrace(model, tokens, span, metric, noise, changed);
  }

  /** Restores a site at each layer and position, one layer at a time. */
  public TraceEffects restore(Site site) {
    return restore(site, 1);
  }

  /**
   * Restores a site at each position, in a window of layers around each layer: half of them before
   * it, as many as the model has.
   *
   * @param site with a position axis: RESID_POST, MLP_OUT, ATTN_OUT, ...
   * @param window how many layers
   * @throws IllegalArgumentException before any run, if the site has no positions or the model not
   *     the site
   */
  public TraceEffects restore(Site site, int window) {
    if (!site.perLayer() || !site.has(Axis.POS)) {
      throw new IllegalArgumentException(
          "%s has the axes %s%s: causal tracing restores layer x position, e.g. RESID_POST, MLP_OUT, ATTN_OUT"
              .formatted(site, site.axes(), site.perLayer() ? "" : ", once in the model"));
    }
    model.config().require(site.at(0));
    int layers = model.config().layers();
    if (window < 1 || window > layers) {
      throw new IllegalArgumentException(
          "A window has 1 to %d layers; got %d".formatted(layers, window));
    }
    EmbeddingNoise made =
        new EmbeddingNoise(
            span, noise.deviations() * EmbeddingNoise.deviation(model, tokens, span), noise.seed());
    List<Cell> cells = cells(site, window);
    RunDonors clean = new RunDonors(model, tokens, metric);
    List<CellRunner.Outcome> outcomes = new ArrayList<>();
    for (int draw = 0; draw < noise.draws(); draw++) {
      outcomes.add(
          new CellRunner(model.with(made.draw(draw)), tokens, metric, clean, ofDraw(draw))
              .run(identity(site, window, draw), cells));
    }
    return new TraceEffects(
        new TraceEffects.Plan(model, tokens, site, window, made, noise.deviations()),
        clean.metric(),
        outcomes);
  }

  /** Each draw has a base run of its own, and so a checkpoint of its own. */
  private SweepOptions ofDraw(int draw) {
    Optional<Path> own =
        options()
            .checkpoint()
            .map(
                file ->
                    noise.draws() == 1
                        ? file
                        : file.resolveSibling(file.getFileName() + "." + draw));
    return new SweepOptions(own, options().metricName(), options().memory());
  }

  private SweepIdentity identity(Site site, int window, int draw) {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("site", site.toString());
    parts.put("window", Integer.toString(window));
    String of = noise.draws() == 1 ? "" : ", draw %d of %d".formatted(draw + 1, noise.draws());
    return new SweepIdentity("causal trace of " + site + of, parts);
  }

  private List<Cell> cells(Site site, int window) {
    List<Cell> cells = new ArrayList<>();
    int layers = model.config().layers();
    for (int layer = 0; layer < layers; layer++) {
      int from = Math.max(0, layer - window / 2);
      int to = Math.min(layers, layer - window / 2 + window);
      for (int position = 0; position < longest(); position++) {
        List<Cell.Edit> edits = new ArrayList<>();
        for (int restored = from; restored < to; restored++) {
          HookPoint point = site.at(restored);
          edits.add(new Cell.Edit(point, Slice.at(Axis.POS, position)));
        }
        cells.add(new Cell(edits));
      }
    }
    return cells;
  }

  private int longest() {
    int longest = 0;
    for (int row = 0; row < tokens.batch(); row++) {
      longest = Math.max(longest, tokens.length(row));
    }
    return longest;
  }
}
