package io.loupe.circuits.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Input.Kind;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pass in which every copy of the batch is run as a circuit: each input reads the sum of its
 * edges, of which those in the circuit carry what their node writes in this run, the others what
 * stands in for it. The residual stream of the pass goes on as the sum of what is written, so that
 * an input reads it changed by its cut edges alone.
 */
final class CircuitPass implements Hooks, AutoCloseable {
  private final PreparedBatch prepared;
  private final ModelGraph graph;
  private final ModelConfig config;
  private final List<Circuit> copies;
  private final NDManager manager;
  private final StreamReader reader;
  private final Map<Kind, List<Reading>> ofHeads = new EnumMap<>(Kind.class);
  private @Nullable NDArray pre; // the stream before the layer that runs
  private @Nullable NDArray mid; // between its attention and its MLP
  private @Nullable NDArray mixed; // the heads' values, until what they are divided by is known
  private @Nullable NDArray mlpOut;
  private int mlpLayer = -1;

  /** What one input of one copy makes of the stream that it reads. */
  private record Reading(StreamReader.Row row, NDArray made) {}

  /**
   * Prepares a pass.
   *
   * @param copies the circuit of each copy
   * @param start the first place at which one of them reads another stream
   */
  CircuitPass(PreparedBatch prepared, List<Circuit> copies, int start) {
    this.prepared = prepared;
    this.graph = prepared.graph();
    this.config = graph.config();
    this.copies = copies;
    this.manager = prepared.manager().newSubManager();
    this.reader = new StreamReader(prepared, copies, start, manager);
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    Site site = point.site();
    int layer = point.layer();
    if (site.equals(Sites.RESID_PRE)) {
      pre = activation;
      readForHeads(layer, activation);
    } else if (site.equals(Sites.RESID_MID)) {
      mid = activation;
    } else if (site.equals(Sites.Q)) {
      return replaced(Kind.QUERY, activation);
    } else if (site.equals(Sites.K)) {
      return replaced(Kind.KEY, activation);
    } else if (site.equals(Sites.V)) {
      return replaced(Kind.VALUE, activation);
    } else if (site.equals(Sites.Z)) {
      if (prepared.parts().divided()) {
        mixed = activation;
      } else {
        reader.heads(layer, activation);
      }
    } else if (site.equals(Sites.LN1_POST_SCALE) && mixed != null) {
      try (NDArray scale = activation.expandDims(3);
          NDArray divided = mixed.div(scale)) {
        reader.heads(layer, divided);
      }
    } else if (site.equals(Sites.MLP_OUT)) {
      reader.mlp(layer, activation);
    } else if (site.equals(Sites.RESID_POST) && layer == config.layers() - 1) {
      return whole(graph.inputs().size() - 1, activation);
    }
    return activation;
  }

  // heads

  private void readForHeads(int layer, NDArray stream) {
    ofHeads.values().forEach(readings -> readings.forEach(reading -> reading.made().close()));
    ofHeads.clear();
    for (Kind kind : List.of(Kind.QUERY, Kind.KEY, Kind.VALUE)) {
      int heads = kind == Kind.QUERY ? config.heads() : config.kvHeads();
      int first = graph.number(new Input(kind, layer, 0));
      List<StreamReader.Row> rows = reader.rows(first, heads);
      int columns = kind == Kind.QUERY ? prepared.queryColumns(layer) : prepared.columns();
      List<Reading> readings = new ArrayList<>();
      for (int from = 0; from < rows.size(); from += reader.together(columns)) {
        List<StreamReader.Row> some =
            rows.subList(from, Math.min(from + reader.together(columns), rows.size()));
        int[] numbers = some.stream().mapToInt(row -> row.input() - first).toArray();
        try (NDManager scope = manager.newSubManager()) {
          NDArray streams = reader.read(some, stream, columns, scope);
          NDArray made =
              switch (kind) {
                case QUERY -> prepared.parts().wiring().queries(layer, numbers, streams);
                case KEY -> prepared.parts().wiring().keys(layer, numbers, streams);
                default -> prepared.parts().wiring().values(layer, numbers, streams);
              };
          for (int i = 0; i < some.size(); i++) {
            NDArray one = made.get(i); // [batch, pos, d_head]
            one.attach(manager);
            readings.add(new Reading(some.get(i), one));
          }
        }
      }
      ofHeads.put(kind, readings);
    }
  }

  private NDArray replaced(Kind kind, NDArray activation) {
    List<Reading> readings = ofHeads.getOrDefault(kind, List.of());
    if (readings.isEmpty()) {
      return activation;
    }
    int first =
        readings.get(0).row().input() - graph.inputs().get(readings.get(0).row().input()).head();
    for (Reading reading : readings) {
      long from = (long) reading.row().copy() * prepared.prompts();
      NDIndex where =
          new NDIndex()
              .addSliceDim(from, from + prepared.prompts())
              .addAllDim()
              .addIndices(reading.row().input() - first);
      activation.set(where, reading.made());
    }
    return activation;
  }

  // whole streams

  /** An MLP is computed here, on what it reads, and given to the pass. */
  @Override
  public @Nullable NDArray given(HookPoint point) {
    if (!point.site().equals(Sites.MLP_OUT)) {
      return null;
    }
    int layer = point.layer();
    NDArray stream = config.block().parallel() ? pre : mid;
    if (stream == null) {
      return null;
    }
    if (mlpLayer != layer) {
      mlpLayer = layer;
      NDArray read = whole(graph.number(new Input(Kind.MLP, layer, 0)), stream);
      mlpOut = read == stream ? null : prepared.parts().wiring().mlp(layer, read);
    }
    return mlpOut;
  }

  /** Returns what an input reads in all copies; the stream itself if no copy cuts an edge. */
  private NDArray whole(int input, NDArray stream) {
    List<StreamReader.Row> rows = reader.rows(input, 1);
    if (rows.isEmpty()) {
      return stream;
    }
    long columns = stream.getShape().get(1);
    NDArray result = stream.duplicate();
    for (int from = 0; from < rows.size(); from += reader.together(columns)) {
      List<StreamReader.Row> some =
          rows.subList(from, Math.min(from + reader.together(columns), rows.size()));
      try (NDManager scope = manager.newSubManager()) {
        NDArray streams = reader.read(some, stream, columns, scope);
        for (int i = 0; i < some.size(); i++) {
          long first = (long) some.get(i).copy() * prepared.prompts();
          result.set(new NDIndex().addSliceDim(first, first + prepared.prompts()), streams.get(i));
        }
      }
    }
    return result;
  }

  @Override
  public boolean wants(HookPoint point) {
    return prepared.parts().divided() && point.site().equals(Sites.LN1_POST_SCALE);
  }

  @Override
  public boolean differentiable() {
    return false;
  }

  @Override
  public void close() {
    manager.close();
  }
}
