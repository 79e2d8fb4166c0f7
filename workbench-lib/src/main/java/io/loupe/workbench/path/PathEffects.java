package io.loupe.workbench.path;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.ScatterChart;
import io.loupe.workbench.stats.Agreement;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What each path does to the metric, for each example, exactly and in the linear approximation,
 * with both baselines. Effects are in the metric's unit: metric with the path patched minus metric
 * of the run that was patched into.
 */
public final class PathEffects implements Displayable {
  private static final long SEED = 0;

  private final Plan plan;
  private final double[] clean;
  private final double[] corrupted;
  private final double[][] @Nullable [] patched; // [sender][receiver][row], null without a path
  private final double @Nullable [][] @Nullable [] linear;

  /** What was patched. */
  record Plan(
      HookedTransformer model,
      Tokens tokens,
      List<Sender> senders,
      List<Receiver> receivers,
      Freezing freezing,
      boolean denoising) {
    Plan {
      senders = List.copyOf(senders);
      receivers = List.copyOf(receivers);
    }
  }

  /** A sender and a receiver with a path between them. */
  public record Path(Sender sender, Receiver receiver) {
    @Override
    public String toString() {
      return sender + " -> " + receiver;
    }
  }

  PathEffects(
      Plan plan,
      double[] clean,
      double[] corrupted,
      double[][] @Nullable [] patched,
      double @Nullable [][] @Nullable [] linear) {
    this.plan = plan;
    this.clean = clean;
    this.corrupted = corrupted;
    this.patched = patched;
    this.linear = linear;
  }

  /** Returns how the run that was patched into came about. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(plan.tokens());
  }

  public List<Sender> senders() {
    return plan.senders();
  }

  public List<Receiver> receivers() {
    return plan.receivers();
  }

  /** Returns what was frozen on the way. */
  public Freezing freezing() {
    return plan.freezing();
  }

  /** Returns the pairs that have a path, the largest absolute effect first. */
  public List<Path> ranked() {
    List<Path> paths = new ArrayList<>();
    for (int s = 0; s < patched.length; s++) {
      for (int r = 0; r < patched[s].length; r++) {
        if (patched[s][r] != null) {
          paths.add(new Path(plan.senders().get(s), plan.receivers().get(r)));
        }
      }
    }
    paths.sort(Comparator.comparingDouble((Path p) -> -Math.abs(effect(p.sender(), p.receiver()))));
    return paths;
  }

  /** Returns the metric of the clean run, [row]. */
  public double[] clean() {
    return clean.clone();
  }

  /** Returns the metric of the corrupted run, [row]. */
  public double[] corrupted() {
    return corrupted.clone();
  }

  /**
   * Returns the metric of each example with a path patched, [row].
   *
   * @throws IllegalArgumentException if the pair was not asked for or has no path
   */
  public double[] perExample(Sender sender, Receiver receiver) {
    return existing(patched, sender, receiver).clone();
  }

  /** Returns the mean effect of a path. */
  public double effect(Sender sender, Receiver receiver) {
    return mean(differences(sender, receiver));
  }

  /** Returns a 95 % bootstrap interval of a path's mean effect over examples. */
  public Interval interval(Sender sender, Receiver receiver, long seed) {
    return Bootstrap.ofMean(differences(sender, receiver), 0.95, seed);
  }

  /**
   * Returns the mean effect as a share of the difference between the two runs' means: in denoising
   * 1 is the clean behaviour brought back; in noising -1 is the corrupted one reached.
   *
   * @throws IllegalArgumentException if the two runs have the same mean metric
   */
  public double normalised(Sender sender, Receiver receiver) {
    return effect(sender, receiver) / gap();
  }

  /**
   * Returns the linear approximation of a path's effect on each example, [row]: the change of the
   * stream at each input times the metric's gradient there.
   *
   * @throws IllegalArgumentException also if it was left out
   */
  public double[] linearPerExample(Sender sender, Receiver receiver) {
    return existing(linears(), sender, receiver).clone();
  }

  /** Returns the linear approximation of a path's mean effect. */
  public double linear(Sender sender, Receiver receiver) {
    return mean(linearPerExample(sender, receiver));
  }

  /** Returns all mean effects, [sender][receiver]; NaN where there is no path. */
  public double[][] effects() {
    return matrix(path -> effect(path.sender(), path.receiver()));
  }

  /** Returns all linear approximations, [sender][receiver]; NaN where there is no path. */
  public double[][] linearEffects() {
    linears();
    return matrix(path -> linear(path.sender(), path.receiver()));
  }

  /**
   * Returns how well the linear approximation stands for the exact mean effects, over paths.
   *
   * @throws IllegalArgumentException if it was left out, or there are fewer than two paths
   */
  public Agreement approximation(long seed) {
    linears();
    List<Path> paths = ranked();
    return Agreement.of(
        values(paths, path -> linear(path.sender(), path.receiver())),
        values(paths, path -> effect(path.sender(), path.receiver())),
        seed);
  }

  /** Draws the effects, senders as rows and receivers as columns, white at zero. */
  public Heatmap plot() {
    boolean shares = mean(clean) != mean(corrupted);
    return Plots.heatmap(
            matrix(
                path ->
                    shares
                        ? normalised(path.sender(), path.receiver())
                        : effect(path.sender(), path.receiver())))
        .rows(plan.senders().stream().map(Sender::name).toList())
        .columns(plan.receivers().stream().map(Receiver::name).toList())
        .diverging()
        .yLabel("sender")
        .xLabel("receiver")
        .colorLabel(shares ? "share of clean - corrupted" : "change of the metric")
        .title(title());
  }

  private String title() {
    return "%s of paths, %s"
        .formatted(plan.denoising() ? "Denoising" : "Noising", plan.freezing().label());
  }

  /** Draws each path's linear approximation against its exact effect. */
  public ScatterChart plotApproximation() {
    linears();
    List<Path> paths = ranked();
    return Plots.scatter()
        .group(
            "paths",
            values(paths, path -> effect(path.sender(), path.receiver())),
            values(paths, path -> linear(path.sender(), path.receiver())))
        .diagonal()
        .zeroLines()
        .xLabel("exact effect")
        .yLabel("linear approximation")
        .title("Paths: linear against exact");
  }

  /** Returns every path, the largest absolute effect first. */
  public Table table() {
    return table(Integer.MAX_VALUE);
  }

  /** Returns the paths with the largest absolute effects. */
  public Table table(int most) {
    Table table = Table.of("sender", "receiver", "effect", "95 % interval", "linear", "error");
    for (Path path : ranked().subList(0, Math.min(most, ranked().size()))) {
      double effect = effect(path.sender(), path.receiver());
      Double approximate = linear == null ? null : linear(path.sender(), path.receiver());
      table =
          table.row(
              path.sender(),
              path.receiver(),
              effect,
              interval(path.sender(), path.receiver(), SEED),
              approximate,
              approximate == null ? null : approximate - effect);
    }
    return table;
  }

  /** Shows the heat map, the baselines, and how good the linear approximation is. */
  @Override
  public MimeBundle display() {
    if (linear == null || ranked().size() < 2) {
      return MimeBundle.text(toString()).and(plot().display());
    }
    Agreement agreement = approximation(SEED);
    String title = title() + "; linear: Spearman %.2f".formatted(agreement.spearman());
    return MimeBundle.text(this + "\nLinear approximation: " + agreement)
        .and(plot().title(title).display());
  }

  private double[][] matrix(ToDoubleFunction<Path> value) {
    double[][] matrix = new double[patched.length][plan.receivers().size()];
    for (int s = 0; s < matrix.length; s++) {
      for (int r = 0; r < matrix[s].length; r++) {
        matrix[s][r] =
            patched[s][r] == null
                ? Double.NaN
                : value.applyAsDouble(new Path(plan.senders().get(s), plan.receivers().get(r)));
      }
    }
    return matrix;
  }

  private static double[] values(List<Path> paths, ToDoubleFunction<Path> value) {
    return paths.stream().mapToDouble(value).toArray();
  }

  private double[] differences(Sender sender, Receiver receiver) {
    double[] baseline = plan.denoising() ? corrupted : clean;
    double[] values = existing(patched, sender, receiver);
    return IntStream.range(0, values.length).mapToDouble(i -> values[i] - baseline[i]).toArray();
  }

  private double[] existing(double[][] @Nullable [] values, Sender sender, Receiver receiver) {
    int s = plan.senders().indexOf(sender);
    int r = plan.receivers().indexOf(receiver);
    if (s < 0 || r < 0) {
      throw new IllegalArgumentException(
          "%s -> %s was not asked for; there are senders %s and receivers %s"
              .formatted(sender, receiver, plan.senders(), plan.receivers()));
    }
    double[] value = values[s][r];
    if (value == null) {
      throw new IllegalArgumentException(
          "There is no path from %s to %s: the receiver reads the stream before the sender writes to it"
              .formatted(sender, receiver));
    }
    return value;
  }

  private double[][] @Nullable [] linears() {
    if (linear == null) {
      throw new IllegalArgumentException(
          "The linear approximation was left out: ask again without exactOnly()");
    }
    return linear;
  }

  private double gap() {
    double gap = mean(clean) - mean(corrupted);
    if (gap == 0) {
      throw new IllegalArgumentException(
          "Clean and corrupted runs have the same mean metric, %s: there is nothing to normalise by; read effect(...)"
              .formatted(mean(clean)));
    }
    return gap;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Override
  public String toString() {
    return "PathEffects[%s, %s paths, %d senders x %d receivers, %d with a path; %s, %d examples, metric clean %.4f, corrupted %.4f]"
        .formatted(
            plan.denoising() ? "denoising" : "noising",
            plan.freezing().label(),
            plan.senders().size(),
            plan.receivers().size(),
            ranked().size(),
            plan.model().gauge().label(),
            clean.length,
            mean(clean),
            mean(corrupted));
  }
}
