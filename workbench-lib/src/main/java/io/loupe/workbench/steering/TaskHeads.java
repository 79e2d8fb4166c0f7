package io.loupe.workbench.steering;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.intervention.StackedPatch;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which heads carry what a task's examples say: each head's values at the last token are set to
 * their mean over prompts whose examples show the task, in prompts whose examples do not (their
 * labels shuffled), and the answer is looked at (Todd et al. 2024, average indirect effect).
 */
public final class TaskHeads implements Displayable {
  private final double[] baseline;
  private final double[][][] patched; // [layer][head][row]

  private TaskHeads(double[] baseline, double[][][] patched) {
    this.baseline = baseline;
    this.patched = patched;
  }

  /**
   * Patches each head alone.
   *
   * @param demonstrations prompts whose examples show the task; of any length
   * @param shuffled prompts whose examples do not, which end where the answer is asked for
   * @param metric of the shuffled prompts' answers, e.g. {@code Metrics.probability(answers)}
   */
  public static TaskHeads of(
      HookedTransformer model, Tokens demonstrations, Tokens shuffled, Metric metric) {
    int heads = model.config().heads();
    double[][][] patched = new double[model.config().layers()][heads][];
    try (Continuation base = Continuation.of(model, shuffled, metric, Sites.Z);
        NDManager scope = Engines.newManager(model.device())) {
      for (int layer = 0; layer < patched.length; layer++) {
        HookPoint at = Sites.Z.at(layer);
        NDArray mean = mean(model, demonstrations, at, scope);
        int copies = Math.min(heads, base.mostCopies());
        for (int from = 0; from < heads; from += copies) {
          List<Optional<Slice>> slices =
              IntStream.range(from, Math.min(heads, from + copies))
                  .mapToObj(head -> Optional.of(Slice.positions(-1).and(Axis.HEAD, head)))
                  .toList();
          StackedPatch patch = new StackedPatch(at, mean, slices);
          int column = base.skipsColumns() ? firstLastColumn(shuffled) : 0;
          double[][] values = base.metric(layer, column, slices.size(), List.of(patch));
          System.arraycopy(values, 0, patched[layer], from, values.length);
        }
      }
      return new TaskHeads(base.baseline(), patched);
    }
  }

  /** Returns the mean of the heads' values at the last token, [1, 1, head, d_head]. */
  private static NDArray mean(
      HookedTransformer model, Tokens demonstrations, HookPoint at, NDManager scope) {
    List<double[]> rows = new ArrayList<>();
    for (Tokens part : Steering.parts(demonstrations)) {
      try (Run run = model.run(part, Capture.at(at));
          NDArray last = Pooling.last().apply(at, run.cache().get(at), part);
          NDArray flat = last.reshape(part.batch(), -1)) {
        rows.addAll(Arrays.asList(Tensors.matrix(flat)));
      }
    }
    double[] mean = Steering.mean(rows.toArray(double[][]::new));
    long heads = model.config().heads();
    return scope
        .create(mean, new Shape(1, 1, heads, model.config().dHead()))
        .toType(model.type(), false);
  }

  private static int firstLastColumn(Tokens tokens) {
    return IntStream.range(0, tokens.batch())
        .map(row -> tokens.column(row, -1))
        .min()
        .orElseThrow();
  }

  /** Returns the metric of the shuffled prompts as they are, [row]. */
  public double[] baseline() {
    return baseline.clone();
  }

  /** Returns the metric of each row with one head's values set, [row]. */
  public double[] perExample(Head head) {
    if (head.layer() >= patched.length || head.index() >= patched[0].length) {
      throw new IllegalArgumentException(
          "%s does not exist: there are layers 0 to %d with heads 0 to %d"
              .formatted(head, patched.length - 1, patched[0].length - 1));
    }
    return patched[head.layer()][head.index()].clone();
  }

  /** Returns a head's average indirect effect: how much the metric rises by it, in its unit. */
  public double effect(Head head) {
    return Arrays.stream(differences(head)).average().orElseThrow();
  }

  /** Returns a 95 % bootstrap interval of a head's effect over rows. */
  public Interval interval(Head head, long seed) {
    return Bootstrap.ofMean(differences(head), 0.95, seed);
  }

  /** Returns the heads with the largest effects. */
  public HeadSet top(int count) {
    HeadSet all = HeadSet.all(patched.length, patched[0].length);
    if (count < 1 || count > all.size()) {
      throw new IllegalArgumentException(
          "There are %d heads; asked for %d of them".formatted(all.size(), count));
    }
    return HeadSet.of(
        all.toList().stream()
            .sorted(Comparator.comparingDouble(this::effect).reversed())
            .limit(count)
            .toList());
  }

  private double[] differences(Head head) {
    double[] values = perExample(head);
    return IntStream.range(0, values.length).mapToDouble(i -> values[i] - baseline[i]).toArray();
  }

  /** Returns all effects, [layer][head]. */
  public double[][] effects() {
    double[][] effects = new double[patched.length][patched[0].length];
    for (Head head : HeadSet.all(patched.length, patched[0].length)) {
      effects[head.layer()][head.index()] = effect(head);
    }
    return effects;
  }

  /** Draws the effects, layer by head. */
  public Heatmap plot() {
    return Plots.heatmap(effects())
        .diverging()
        .yLabel("layer")
        .xLabel("head")
        .colorLabel("rise of the metric")
        .title("Heads that carry the task, alone, at the last token");
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    Head best = top(1).toList().get(0);
    return "TaskHeads[%d heads, %d prompts, metric without %.4f, largest effect %s %.4f]"
        .formatted(
            patched.length * patched[0].length,
            baseline.length,
            Arrays.stream(baseline).average().orElseThrow(),
            best,
            effect(best));
  }
}
