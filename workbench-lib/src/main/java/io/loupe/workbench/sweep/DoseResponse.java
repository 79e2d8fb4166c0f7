package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.display.Display;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.ContinuationMemory;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * How a metric answers to the strength of an intervention: a steering vector's coefficient, the
 * factor of a head, a temperature. {@code DoseResponse.of(model, tokens, metric).over(new double[]
 * {-4, -2, 0, 2, 4}, c -> add(RESID_POST.at(6), vector, c))}. The layers before the first that any
 * dose changes are computed once.
 */
public final class DoseResponse extends CellSweep<DoseResponse> {
  private final HookedTransformer model;
  private final Tokens tokens;
  private final Metric metric;

  private DoseResponse(
      HookedTransformer model, Tokens tokens, Metric metric, SweepOptions options) {
    super(options);
    this.model = model;
    this.tokens = tokens;
    this.metric = metric;
  }

  /** Prepares a sweep; the model's own interventions come before those of the doses. */
  public static DoseResponse of(HookedTransformer model, Tokens tokens, Metric metric) {
    return new DoseResponse(model, tokens, metric, SweepOptions.DEFAULT);
  }

  @Override
  DoseResponse with(SweepOptions changed) {
    return new DoseResponse(model, tokens, metric, changed);
  }

  /**
   * Measures one intervention at each strength.
   *
   * @param coefficients at least two different ones, in any order
   * @param make the intervention of a coefficient; called for all of them before anything is run
   * @throws IllegalArgumentException before any run, if a coefficient is no number or comes twice,
   *     or the model has not what an intervention names
   */
  public DoseEffects over(double[] coefficients, DoubleFunction<? extends Intervention> make) {
    return overAll(coefficients, coefficient -> List.of(make.apply(coefficient)));
  }

  /** Measures several interventions together at each strength; see {@link #over}. */
  public DoseEffects overAll(
      double[] coefficients, DoubleFunction<? extends List<? extends Intervention>> make) {
    double[] ascending = checked(coefficients);
    List<HookedTransformer> doses = new ArrayList<>();
    List<List<Intervention>> made = new ArrayList<>();
    for (double coefficient : ascending) {
      List<Intervention> dose = List.copyOf(make.apply(coefficient));
      if (dose.isEmpty()) {
        throw new IllegalArgumentException(
            "Coefficient %s makes no intervention; the undosed run is measured anyway"
                .formatted(coefficient));
      }
      made.add(dose);
      doses.add(model.with(dose));
    }
    checkMemory();
    List<String> words = made.stream().map(SweepIdentity::words).toList();
    CellRunner.Outcome outcome = run(ascending, doses, first(made), words);
    return new DoseEffects(
        new DoseEffects.Plan(model, tokens, words),
        ascending,
        outcome.baseline(),
        outcome.values());
  }

  private static double[] checked(double[] coefficients) {
    double[] ascending = DoubleStream.of(coefficients).sorted().distinct().toArray();
    boolean finite = Arrays.stream(coefficients).allMatch(Double::isFinite);
    if (!finite || ascending.length < 2 || ascending.length < coefficients.length) {
      throw new IllegalArgumentException(
          "A dose-response sweep needs at least two different finite coefficients, each once; got "
              + Arrays.toString(coefficients));
    }
    return ascending;
  }

  private void checkMemory() {
    if (options().memory().isEmpty()) {
      return;
    }
    ContinuationMemory memory = new ContinuationMemory(model, tokens, metric);
    long least =
        memory.run(tokens)
            + memory.bytes(Sites.RESID_PRE, tokens)
            + memory.bytes(Sites.LOGITS, tokens);
    if (least > options().memory().getAsLong()) {
      throw new IllegalArgumentException(
          "The sweep cannot do with a memory budget of %,d bytes: one run of %s takes %,d. Call memory(%dL), or take fewer prompts"
              .formatted(options().memory().getAsLong(), tokens, least, least));
    }
  }

  /**
   * Returns the layer from which all doses can be run; empty if they, or the model itself, change
   * something before it.
   */
  private OptionalInt first(List<List<Intervention>> doses) {
    if (!model.interventions().isEmpty()) {
      return OptionalInt.empty();
    }
    int first = model.config().layers() - 1;
    for (List<Intervention> dose : doses) {
      for (Intervention intervention : dose) {
        HookPoint at = intervention.at();
        boolean behind = intervention.reads().isEmpty() && at.compareTo(Sites.RESID_PRE.at(0)) >= 0;
        first = behind ? at.site().perLayer() ? Math.min(first, at.layer()) : first : 0;
      }
    }
    return first == 0 ? OptionalInt.empty() : OptionalInt.of(first);
  }

  private CellRunner.Outcome run(
      double[] coefficients, List<HookedTransformer> doses, OptionalInt first, List<String> words) {
    SweepIdentity identity = identity(coefficients, words);
    SweepProgress progress =
        new SweepProgress(identity.name(), doses.size(), Display::progress, System::nanoTime);
    HookPoint kept = Sites.RESID_PRE.at(first.orElse(0));
    Capture capture = first.isPresent() ? Capture.at(kept) : Capture.nothing();
    boolean ended = false;
    try (Run base = model.run(tokens, capture)) {
      double[] baseline = measured(base);
      Optional<Checkpoint> checkpoint = open(identity, baseline, doses.size());
      try {
        double[][] values = new double[doses.size()][];
        checkpoint.ifPresent(file -> file.finished().forEach((i, row) -> values[i] = row));
        progress.resumed((int) Arrays.stream(values).filter(row -> row != null).count());
        for (int i = 0; i < values.length; i++) {
          if (values[i] == null) {
            values[i] = dose(doses.get(i), first, base, kept);
            double[][] one = {values[i]};
            List<Integer> cell = List.of(i);
            checkpoint.ifPresent(file -> file.append(cell, one));
            progress.more(1);
          }
        }
        ended = true;
        progress.ended();
        return new CellRunner.Outcome(baseline, List.of(values));
      } finally {
        checkpoint.ifPresent(Checkpoint::close);
      }
    } finally {
      if (!ended) {
        progress.broken();
      }
    }
  }

  private double[] measured(Run base) {
    double[] values = metric.perExample(base);
    for (int row = 0; row < values.length; row++) {
      if (Double.isNaN(values[row])) {
        throw new IllegalArgumentException(
            "The metric of row %d is not a number (NaN) before any dose; read it by hand: metric.perExample(model.run(tokens))"
                .formatted(row));
      }
    }
    return values;
  }

  private double[] dose(HookedTransformer dosed, OptionalInt first, Run base, HookPoint kept) {
    if (first.isEmpty()) {
      try (Run run = dosed.run(tokens)) {
        return metric.perExample(run);
      }
    }
    NDArray residual = base.cache().get(kept);
    try (Run run = dosed.runFrom(first.getAsInt(), residual, tokens, Capture.nothing())) {
      return metric.perExample(run);
    }
  }

  private Optional<Checkpoint> open(SweepIdentity identity, double[] baseline, int cells) {
    if (options().checkpoint().isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> names = new LinkedHashMap<>(identity.of(model, tokens));
    names.put("metric", options().metricName());
    return Optional.of(
        Checkpoint.open(
            options().checkpoint().get(),
            new Checkpoint.Header(names, baseline, new double[0]),
            cells));
  }

  private static SweepIdentity identity(double[] coefficients, List<String> words) {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("coefficients", Arrays.toString(coefficients));
    parts.put("doses", words.stream().collect(Collectors.joining("; ")));
    return new SweepIdentity("dose response", parts);
  }
}
