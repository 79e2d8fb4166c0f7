package io.loupe.workbench.path;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input.Kind;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Goes once through the model with the streams of many senders and, at every place where a receiver
 * reads, continues copies of the base run from there on; beside it, takes the product of each
 * change with the gradient at the input.
 */
final class PathSweep {
  /** Streams that are carried through the model together. */
  private static final long BYTES = 64L << 20;

  private final Paths paths;
  private final ModelConfig config;
  private final List<Sender> senders;
  private final List<Receiver> receivers;
  private final @Nullable InputGradients gradients;
  private final int column;
  private final int batch;
  private final int length;
  private final double[][] @Nullable [] patched; // [sender][receiver], null where no path leads
  private final double[][] @Nullable [] linear;

  /**
   * Prepares a sweep.
   *
   * @param gradients null to leave the linear approximation out
   * @param column the first column that differs between the runs
   */
  PathSweep(
      Paths paths,
      List<Sender> senders,
      List<Receiver> receivers,
      @Nullable InputGradients gradients,
      int column) {
    this.paths = paths;
    this.config = paths.model().config();
    this.senders = senders;
    this.receivers = receivers;
    this.gradients = gradients;
    this.column = column;
    NDArray stream = paths.base().base(Sites.RESID_PRE.at(0));
    this.batch = (int) stream.getShape().get(0);
    this.length = (int) stream.getShape().get(1);
    this.patched = new double[senders.size()][receivers.size()][];
    this.linear = new double[senders.size()][receivers.size()][];
  }

  /** Returns the metric with each path patched, [sender][receiver][row]; null without a path. */
  double[][] @Nullable [] patched() {
    return patched;
  }

  /** Returns the linear approximation of each effect, in the same layout. */
  double[][] @Nullable [] linear() {
    return linear;
  }

  /** Fills both. */
  void run() {
    NDArray stream = paths.base().base(Sites.RESID_PRE.at(0));
    long each =
        (long) batch * (length - column) * config.dModel() * stream.getDataType().getNumOfBytes();
    int together = (int) Math.max(1, Math.min(senders.size(), BYTES / each));
    for (int from = 0; from < senders.size(); from += together) {
      walk(from, Math.min(from + together, senders.size()));
    }
  }

  private void walk(int from, int to) {
    int end = receivers.stream().mapToInt(r -> lastPlace(r)).max().orElseThrow();
    try (StreamWalk walk = new StreamWalk(paths, senders.subList(from, to), column);
        NDManager kept = paths.manager().newSubManager()) {
      Map<Integer, NDArray> streams = new HashMap<>();
      while (true) {
        int place = walk.place();
        if (receivers.stream().anyMatch(r -> places(r).contains(place))) {
          NDArray here = walk.streams().duplicate();
          here.attach(kept);
          streams.put(place, here);
          linear(walk, from, to);
          exact(place, streams, from, to);
          drop(place, streams);
        }
        if (place >= end) {
          return;
        }
        walk.advance();
      }
    }
  }

  /** Frees the streams that no receiver will ask for any more. */
  private void drop(int place, Map<Integer, NDArray> streams) {
    Set<Integer> needed = new TreeSet<>();
    receivers.stream().filter(r -> lastPlace(r) > place).forEach(r -> needed.addAll(places(r)));
    streams
        .entrySet()
        .removeIf(
            entry -> {
              boolean done = !needed.contains(entry.getKey());
              if (done) {
                entry.getValue().close();
              }
              return done;
            });
  }

  // exact

  /** A pair whose receiver has been reached. */
  private record Cell(int sender, int receiver) {}

  private void exact(int place, Map<Integer, NDArray> streams, int from, int to) {
    TreeMap<String, List<Cell>> groups = new TreeMap<>();
    for (int receiver = 0; receiver < receivers.size(); receiver++) {
      if (lastPlace(receivers.get(receiver)) == place) {
        for (int sender = from; sender < to; sender++) {
          if (leads(sender, receiver)) {
            String group = firstPlace(receivers.get(receiver)) + " " + mlpFirst(receiver);
            groups.computeIfAbsent(group, key -> new ArrayList<>()).add(new Cell(sender, receiver));
          }
        }
      }
    }
    for (List<Cell> cells : groups.values()) {
      int start = firstPlace(receivers.get(cells.get(0).receiver()));
      boolean decodesOnly = start == 2 * config.layers();
      boolean oneColumn = decodesOnly && paths.base().lastColumnOnly();
      int copies = Math.min(cells.size(), paths.base().copies(oneColumn ? length - 1 : column));
      for (int i = 0; i < cells.size(); i += copies) {
        pass(cells.subList(i, Math.min(i + copies, cells.size())), start, streams, from, to);
      }
    }
  }

  private void pass(List<Cell> cells, int start, Map<Integer, NDArray> streams, int from, int to) {
    try (NDManager scope = paths.manager().newSubManager()) {
      List<PathHooks.Copy> copies = new ArrayList<>();
      for (Cell cell : cells) {
        Map<Integer, NDArray> own = new HashMap<>();
        Receiver receiver = receivers.get(cell.receiver());
        for (int place : places(receiver)) {
          long first = (long) (cell.sender() - from) * batch;
          NDArray view = at(streams, place).get(new NDIndex().addSliceDim(first, first + batch));
          view.attach(scope);
          own.put(place, view);
        }
        copies.add(new PathHooks.Copy(receiver, own));
      }
      Set<Site> given =
          mlpFirst(cells.get(0).receiver()) ? Set.of(Sites.ATTN_OUT, Sites.MLP_OUT) : Set.of();
      double[][] values =
          paths
              .base()
              .metric(start / 2, column, cells.size(), given, new PathHooks(paths, copies, start));
      for (int i = 0; i < values.length; i++) {
        patched[cells.get(i).sender()][cells.get(i).receiver()] = values[i];
      }
    }
  }

  private static NDArray at(Map<Integer, NDArray> streams, int place) {
    NDArray stream = streams.get(place);
    if (stream == null) {
      throw new IllegalStateException("no stream was kept for place " + place);
    }
    return stream;
  }

  /** Tells whether of the layer in which a receiver begins only the MLP reads another stream. */
  private boolean mlpFirst(int receiver) {
    SortedSet<Input> inputs = receivers.get(receiver).inputs();
    int layer = inputs.first().layer();
    return inputs.stream().filter(i -> i.layer() == layer).allMatch(i -> i.kind() == Kind.MLP);
  }

  // linear

  private void linear(StreamWalk walk, int from, int to) {
    if (gradients == null) {
      return;
    }
    Set<Input> inputs = new TreeSet<>();
    for (Receiver receiver : receivers) {
      receiver.inputs().stream()
          .filter(input -> input.place(config) == walk.place())
          .forEach(inputs::add);
    }
    long columns = length - column;
    try (NDManager scope = paths.manager().newSubManager()) {
      NDArray base = walk.unchanged(scope);
      NDArray changes = walk.streams().reshape(to - from, batch, columns, config.dModel());
      changes.attach(scope);
      changes =
          changes
              .sub(base.expandDims(0))
              .transpose(1, 0, 2, 3)
              .reshape(batch, to - from, columns * config.dModel());
      long bytes = base.size() * base.getDataType().getNumOfBytes();
      int together = (int) Math.max(1, BYTES / bytes);
      List<Input> all = List.copyOf(inputs);
      for (int i = 0; i < all.size(); i += together) {
        products(all.subList(i, Math.min(i + together, all.size())), walk.place(), changes, from);
      }
    }
  }

  /** Multiplies changes [batch, sender, pos * d_model] with the gradients at inputs. */
  private void products(List<Input> inputs, int place, NDArray changes, int from) {
    try (NDManager scope = changes.getManager().newSubManager()) {
      NDArray stream = paths.base().base(StreamWalk.point(config, place));
      NDList flat = new NDList();
      for (Input input : inputs) {
        NDArray gradient = gradients().at(input, stream, scope);
        NDArray computed = gradient.get(new NDIndex().addAllDim().addSliceDim(column, length));
        flat.add(computed.reshape(batch, 1, changes.getShape().get(2)));
      }
      NDArray stacked =
          flat.size() == 1
              ? flat.get(0)
              : flat.get(0).getNDArrayInternal().concat(flat.subNDList(1), 1);
      NDArray products = stacked.matMul(changes.transpose(0, 2, 1)); // [batch, input, sender]
      double[][][] values = Tensors.matrices(products);
      for (int row = 0; row < batch; row++) {
        for (int input = 0; input < inputs.size(); input++) {
          add(inputs.get(input), row, values[row][input], from);
        }
      }
    }
  }

  private void add(Input input, int row, double[] ofSenders, int from) {
    for (int receiver = 0; receiver < receivers.size(); receiver++) {
      if (receivers.get(receiver).inputs().contains(input)) {
        for (int i = 0; i < ofSenders.length; i++) {
          if (leads(from + i, receiver)) {
            double[] own = linear[from + i][receiver];
            if (own == null) {
              own = new double[batch];
              linear[from + i][receiver] = own;
            }
            own[row] += ofSenders[i];
          }
        }
      }
    }
  }

  private InputGradients gradients() {
    if (gradients == null) {
      throw new IllegalStateException("no gradients were asked for");
    }
    return gradients;
  }

  // geometry

  private boolean leads(int sender, int receiver) {
    return PathPatching.leads(senders.get(sender), receivers.get(receiver), config);
  }

  private SortedSet<Integer> places(Receiver receiver) {
    SortedSet<Integer> places = new TreeSet<>();
    receiver.inputs().forEach(input -> places.add(input.place(config)));
    return places;
  }

  private int firstPlace(Receiver receiver) {
    return places(receiver).first();
  }

  private int lastPlace(Receiver receiver) {
    return places(receiver).last();
  }
}
