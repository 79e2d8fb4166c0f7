package io.loupe.workbench.path;

import ai.djl.ndarray.NDManager;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;

/**
 * Path patching (Wang et al. 2022; Goldowsky-Dill et al. 2023): what the paths from one part of the
 * model to another carry. A sender's output is taken from one run, and only a receiver sees the
 * difference: its input is the residual stream of the other run as the sender's new output makes
 * it, with everything on the way frozen. From the receiver on the model runs normally, and the
 * effect is what that does to the metric.
 *
 * <p>By default the path is the direct edge from sender to receiver. A stream that is a sum (norms
 * before, behind or around a part) then changes by what the sender's output changes, through the
 * norm behind it if there is one, its other heads as they were; the receiver's own norm is computed
 * anew. Where the stream itself is normalised (BERT), the change passes the norms on its way.
 *
 * <p>A pair costs the layers behind its receiver; many go together, see {@link Continuation}.
 * Beside each exact effect stands its linear approximation, the change of the stream at the
 * receiver times the metric's gradient there (edge attribution patching, Syed et al. 2023).
 */
public final class PathPatching {
  private final HookedTransformer model;
  private final Tokens source;
  private final Tokens target;
  private final Metric metric;
  private final boolean denoising;
  private final Freezing freezing;
  private final boolean withLinear;

  private PathPatching(
      HookedTransformer model,
      Tokens source,
      Tokens target,
      Metric metric,
      boolean denoising,
      Freezing freezing,
      boolean withLinear) {
    this.model = model;
    this.source = source;
    this.target = target;
    this.metric = metric;
    this.denoising = denoising;
    this.freezing = freezing;
    this.withLinear = withLinear;
  }

  /**
   * Takes senders' outputs from the clean run, into the corrupted one: which paths suffice to bring
   * the clean behaviour back.
   *
   * @param clean prompts
   * @param corrupted as many prompts, each as long as its clean one and padded as it is
   * @param metric differentiable, unless {@link #exactOnly}
   * @throws IllegalArgumentException if the prompts are not aligned, or the model has interventions
   */
  public static PathPatching denoising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    check(model, clean, corrupted);
    return new PathPatching(model, clean, corrupted, metric, true, Freezing.EVERYTHING, true);
  }

  /**
   * Takes senders' outputs from the corrupted run, into the clean one: which paths are needed for
   * the clean behaviour.
   */
  public static PathPatching noising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    check(model, clean, corrupted);
    return new PathPatching(model, corrupted, clean, metric, false, Freezing.EVERYTHING, true);
  }

  /**
   * Freezes attention alone: a path may go through any number of MLPs, which are computed again, as
   * Wang et al. (2022) do. Several inputs of one receiver are then overwritten each with what it
   * would read, and do not see each other's changes.
   */
  public PathPatching throughMlps() {
    return new PathPatching(
        model, source, target, metric, denoising, Freezing.ATTENTION, withLinear);
  }

  /** Leaves the linear approximation out, as for a metric without gradient. */
  public PathPatching exactOnly() {
    return new PathPatching(model, source, target, metric, denoising, freezing, false);
  }

  /** Patches the path from one sender to one receiver. */
  public PathEffects between(Sender sender, Receiver receiver) {
    return between(List.of(sender), List.of(receiver));
  }

  /**
   * Patches the path from each sender to each receiver, each pair by itself. Pairs without a path,
   * whose receiver stands before its sender, have no value in the result.
   *
   * <p>In a set of inputs on direct edges, each reads what the patched run has there plus what the
   * sender changes: the effect of all edges together.
   *
   * @throws IllegalArgumentException before anything is run, if there are no senders or receivers,
   *     the model has no such part, or one of them has no path at all; also if the metric is not a
   *     number, or has no gradient
   */
  public PathEffects between(List<Sender> senders, List<Receiver> receivers) {
    check(senders, receivers);
    try (NDManager manager = Engines.newManager(model.device());
        Run donor = model.run(source, Capture.of(StreamWalk.DONATED));
        Continuation base =
            Continuation.keeping(model, target, metric, StreamWalk.sites(model.config()))) {
      double[] sourceMetric = numbers(metric.perExample(donor));
      Paths paths = new Paths(model, model.wiring(), base, donor.cache(), freezing, manager);
      int column = base.skipsColumns() ? firstDifference() : 0;
      PathSweep sweep;
      if (withLinear) {
        try (InputGradients gradients = gradients(receivers)) {
          sweep = new PathSweep(paths, senders, receivers, gradients, column);
          sweep.run();
        }
      } else {
        sweep = new PathSweep(paths, senders, receivers, null, column);
        sweep.run();
      }
      double[] targetMetric = base.baseline();
      return new PathEffects(
          new PathEffects.Plan(model, target, senders, receivers, freezing, denoising),
          denoising ? sourceMetric : targetMetric,
          denoising ? targetMetric : sourceMetric,
          sweep.patched(),
          withLinear ? sweep.linear() : null);
    }
  }

  private InputGradients gradients(List<Receiver> receivers) {
    Collection<Input> inputs = new TreeSet<>();
    receivers.forEach(receiver -> inputs.addAll(receiver.inputs()));
    try {
      return InputGradients.of(model, target, metric, inputs);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          e.getMessage() + "; without the linear approximation: exactOnly()", e);
    }
  }

  private static double[] numbers(double[] values) {
    for (int row = 0; row < values.length; row++) {
      if (Double.isNaN(values[row])) {
        throw new IllegalArgumentException(
            "The metric of row %d is not a number (NaN) in the run that senders' outputs are taken from"
                .formatted(row));
      }
    }
    return values;
  }

  private int firstDifference() {
    long[][] ours = target.ids();
    long[][] theirs = source.ids();
    for (int column = 0; column < target.length(); column++) {
      for (int row = 0; row < ours.length; row++) {
        if (ours[row][column] != theirs[row][column]) {
          return column;
        }
      }
    }
    return target.length() - 1;
  }

  private static void check(HookedTransformer model, Tokens clean, Tokens corrupted) {
    if (!clean.isAlignedWith(corrupted)) {
      throw new IllegalArgumentException(
          "Path patching needs clean and corrupted prompts in pairs of equal length, padded alike; got %s and %s. Choose corruptions with as many tokens"
              .formatted(clean, corrupted));
    }
    if (!model.interventions().isEmpty()) {
      throw new IllegalArgumentException(
          "Path patching takes steps between hook points by themselves, where interventions do not act: give a model without; this one has "
              + model.interventions());
    }
  }

  private void check(List<Sender> senders, List<Receiver> receivers) {
    if (senders.isEmpty() || receivers.isEmpty()) {
      throw new IllegalArgumentException(
          "Name at least one sender and one receiver, e.g. Sender.eachHead(model.config()) and List.of(Receiver.logits(model.config())); got %d and %d"
              .formatted(senders.size(), receivers.size()));
    }
    if (new HashSet<>(senders).size() < senders.size()
        || new HashSet<>(receivers).size() < receivers.size()) {
      throw new IllegalArgumentException(
          "Each sender and each receiver once; got %s and %s".formatted(senders, receivers));
    }
    ModelConfig config = model.config();
    senders.forEach(sender -> sender.nodes().forEach(node -> node.check(config)));
    receivers.forEach(receiver -> receiver.inputs().forEach(input -> input.check(config)));
    for (Sender sender : senders) {
      if (receivers.stream().noneMatch(receiver -> leads(sender, receiver, config))) {
        throw noPath("%s writes to the stream behind all of %s".formatted(sender, receivers));
      }
    }
    for (Receiver receiver : receivers) {
      if (senders.stream().noneMatch(sender -> leads(sender, receiver, config))) {
        throw noPath("%s reads the stream before any of %s".formatted(receiver, senders));
      }
    }
    if (!config.block().norms().streamIsSum() && freezing == Freezing.EVERYTHING) {
      for (Receiver receiver : receivers) {
        if (receiver.inputs().stream().mapToInt(i -> i.place(config)).distinct().count() > 1) {
          throw new IllegalArgumentException(
              "This %s model normalises the stream itself, so that changes at different places do not add up: give the inputs of '%s' one by one, or those of one layer's heads together"
                  .formatted(config.family(), receiver));
        }
      }
    }
  }

  private static IllegalArgumentException noPath(String reason) {
    return new IllegalArgumentException(
        "No path: "
            + reason
            + ". A head reads what earlier layers write, an MLP also its own layer's heads (not in a parallel block), the logits everything; a set needs a path from each of its parts");
  }

  /**
   * Tells whether there is a path: each part of the sender is read by an input of the receiver, and
   * each input reads a part of the sender.
   */
  static boolean leads(Sender sender, Receiver receiver, ModelConfig config) {
    return sender.nodes().stream()
            .allMatch(n -> receiver.inputs().stream().anyMatch(i -> i.reads(n, config)))
        && receiver.inputs().stream()
            .allMatch(i -> sender.nodes().stream().anyMatch(n -> i.reads(n, config)));
  }
}
