package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tuned lens (Belrose et al. 2023): the logit lens with an affine translator before it, one for
 * the embedding and each layer but the last, x + A x + b, trained so that the lens says what the
 * model says in the end. A and b begin as zeros, where it is the logit lens; the last layer is read
 * as it is.
 *
 * <p>The lens belongs to the weights it was trained on, in their gauge; it may be applied to the
 * same model with interventions. Where the model caps its logits, so does the lens; in an encoder
 * it goes through the whole masked-LM head.
 */
public final class TunedLens implements Displayable {
  private static final String KIND = "tuned lens";

  private final LensFile.Owner owner;
  private final Weights weights; // those that the lens is known to fit
  private final List<HookPoint> points; // those with a translator
  private final Map<String, NDArray> parameters;
  private final String options;
  private final Optional<TrainingCurve> curve;

  private TunedLens(
      HookedTransformer model,
      LensFile.Owner owner,
      Map<String, NDArray> parameters,
      String options,
      Optional<TrainingCurve> curve) {
    this.owner = owner;
    this.weights = model.weights();
    this.points = translated(model);
    this.parameters = parameters;
    this.options = options;
    this.curve = curve;
  }

  /**
   * Trains a lens. Adam with a rate of 1e-3 and some hundred steps on a few thousand tokens do for
   * a small model.
   *
   * @param corpus one text a row; every token is learned from
   * @param options {@code batch} counts texts; {@code TrainingOptions.adam(300, 8, 1e-3, 1)}
   * @throws IllegalArgumentException if the model has interventions, or there is but one text
   * @throws io.loupe.workbench.train.TrainingException if a loss is not a number
   */
  public static TunedLens train(HookedTransformer model, Tokens corpus, TrainingOptions options) {
    LensTraining.check(model, corpus, KIND);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    NDManager manager = NativeMemory.reachable(model.device());
    shapes(model)
        .forEach(
            (name, shape) -> parameters.put(name, manager.zeros(new Shape(shape), model.type())));
    TrainingCurve curve =
        LensTraining.run(
            KIND, model, corpus, sources(model), translator(model), parameters, options);
    return new TunedLens(
        model, LensFile.Owner.of(model), parameters, options.toString(), Optional.of(curve));
  }

  /**
   * Reads a lens that {@link #save} wrote.
   *
   * @param model the model that it was trained on, loaded again
   * @throws IllegalArgumentException if it was trained on other weights or in another gauge, or the
   *     file holds no tuned lens
   */
  public static TunedLens load(Path file, HookedTransformer model) throws IOException {
    LensFile.Loaded loaded = LensFile.load(file, KIND, model, shapes(model));
    return new TunedLens(
        model, loaded.owner(), loaded.parameters(), loaded.options(), Optional.empty());
  }

  /** Writes the lens as one safetensors file, whose header names the weights it belongs to. */
  public void save(Path file) throws IOException {
    LensFile.save(file, KIND, owner, options, parameters);
  }

  private static List<HookPoint> translated(HookedTransformer model) {
    List<HookPoint> all = LogitLens.points(model);
    return all.subList(0, all.size() - 1);
  }

  private static Map<String, long[]> shapes(HookedTransformer model) {
    long width = model.config().dModel();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (HookPoint point : translated(model)) {
      shapes.put(point + ".A", new long[] {width, width});
      shapes.put(point + ".b", new long[] {width});
    }
    return shapes;
  }

  private static List<Translator.Source> sources(HookedTransformer model) {
    List<Translator.Source> sources = new ArrayList<>();
    for (HookPoint point : LogitLens.points(model)) {
      if (translated(model).contains(point)) {
        sources.add(new Translator.Source(point, null, label(point)));
      }
    }
    return sources;
  }

  private static String label(HookPoint point) {
    return LogitLensReader.Place.of(point).label();
  }

  private static Translator translator(HookedTransformer model) {
    return (source, x, parameters) -> model.decode(translate(source.point(), x, parameters));
  }

  private static NDArray translate(HookPoint point, NDArray x, Map<String, NDArray> parameters) {
    NDArray matrix = parameters.get(point + ".A");
    NDArray bias = parameters.get(point + ".b");
    return matrix == null
        ? x
        : x.add(x.getNDArrayInternal().linear(x, matrix, bias).singletonOrThrow());
  }

  /** Applies the lens to a prompt; see {@link #of(HookedTransformer, Tokens)}. */
  public LogitLens of(HookedTransformer model, String prompt) {
    return of(model, model.tokens(prompt));
  }

  /**
   * Applies the lens to one row of tokens, padding left out.
   *
   * @param model the one it was trained on, with or without interventions
   * @throws IllegalArgumentException for a batch, or another model
   */
  public LogitLens of(HookedTransformer model, Tokens tokens) {
    requireFit(model);
    Rows.requireOne(tokens, "The tuned lens");
    LensReadings readings = new LensReadings(model, tokens);
    List<HookPoint> all = LogitLens.points(model);
    try (Run run = model.run(tokens, Capture.matching(all::contains))) {
      for (HookPoint point : all) {
        try (NDManager scope = Engines.newManager(model.device())) {
          NDArray x = Rows.of(run.cache().get(point), tokens, 0, scope);
          readings.add(point, label(point), model.decode(translate(point, x, parameters)));
        }
      }
    }
    return readings.lens("Tuned lens", "residual stream after");
  }

  /**
   * Measures the lens beside the logit lens on texts, which should be others than it was trained
   * on.
   *
   * @throws IllegalArgumentException for another model
   */
  public LensEvaluation evaluate(HookedTransformer model, Tokens texts) {
    requireFit(model);
    return LensEvaluator.evaluate(
        model,
        texts,
        sources(model),
        translator(model),
        Map.of(),
        parameters,
        "logit lens",
        "tuned lens");
  }

  private void requireFit(HookedTransformer model) {
    if (model.weights() != weights) {
      LensFile.requireFit("This tuned lens", owner, LensFile.Owner.of(model));
    }
  }

  /** Returns the points that have a translator: RESID_PRE of layer 0, RESID_POST but the last. */
  public List<HookPoint> points() {
    return points;
  }

  /**
   * Returns the parameters themselves, not copies: {@code <point>.A} [d_model, d_model] and {@code
   * <point>.b} [d_model].
   */
  public Map<String, NDArray> parameters() {
    return Map.copyOf(parameters);
  }

  /** Returns how training went; empty for a lens that was loaded. */
  public Optional<TrainingCurve> curve() {
    return curve;
  }

  /** Shows how training went, or what the lens is. */
  @Override
  public MimeBundle display() {
    return curve.map(TrainingCurve::display).orElseGet(() -> MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "TunedLens of %s, %d translators, trained with %s"
        .formatted(owner.model(), points.size(), options);
  }
}
