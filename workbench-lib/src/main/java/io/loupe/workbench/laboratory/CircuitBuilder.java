package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.ParameterShapes;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.NativeMemory;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Weights that are written entry by entry, for a causal transformer without norms whose scores are
 * not scaled. What is not written is 0. The caller divides the residual stream into slots, runs of
 * dimensions that hold one thing each.
 */
final class CircuitBuilder {
  /**
   * The least distance of scores that have to be told apart: e to the power -128 is 0 in float32,
   * so that the pattern is exact.
   */
  static final double GAP = 128;

  private final Dimensions sizes;
  private final ModelConfig config;
  private final Map<String, List<Long>> shapes;
  private final Map<String, float[]> entries = new LinkedHashMap<>();
  private final SortedSet<KnownEdge> edges = new TreeSet<>();

  CircuitBuilder(Dimensions sizes) {
    this.sizes = sizes;
    AttentionSpec attention =
        AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()).scaledBy(1);
    this.config =
        new ModelConfig(
            "compiled",
            sizes,
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5), // there is none to read it
            EmbeddingSpec.LEARNED_POSITIONS,
            Collections.nCopies(sizes.layers(), attention),
            BlockSpec.NO_NORM,
            sizes.dMlp() == 0 ? MlpSpec.NONE : new MlpSpec(Activation.RELU, false),
            HeadSpec.PLAIN);
    this.shapes = ParameterShapes.of(config);
  }

  /** Adds to an entry of a matrix, [out, in]. */
  CircuitBuilder add(String weight, int row, int column, double value) {
    List<Long> shape = shape(weight);
    array(weight)[Math.toIntExact(row * shape.get(1)) + column] += (float) value;
    return this;
  }

  /** Adds to an entry of a bias. */
  CircuitBuilder add(String bias, int row, double value) {
    array(bias)[row] += (float) value;
    return this;
  }

  /** Each token writes a one of its own into a slot, from the first id on. */
  CircuitBuilder tokens(int slot, int count) {
    for (int id = 0; id < count; id++) {
      add("embed.W_E", id, slot + id, 1);
    }
    return this;
  }

  /** Each position writes a one of its own into a slot. */
  CircuitBuilder positions(int slot) {
    for (int position = 0; position < sizes.context(); position++) {
      add("pos_embed.W_pos", position, slot + position, 1);
    }
    return this;
  }

  /** Reads the logits from a slot. */
  CircuitBuilder logits(int slot, int count, double factor) {
    for (int id = 0; id < count; id++) {
      add("unembed.W_U", id, slot + id, factor);
    }
    return this;
  }

  HeadBuilder head(int layer, int index) {
    return new HeadBuilder("blocks." + layer + ".attn.", index * sizes.dHead());
  }

  /** Writes one head; dimensions are those within the head and of the stream. */
  final class HeadBuilder {
    private final String at;
    private final int first;

    private HeadBuilder(String at, int first) {
      this.at = at;
      this.first = first;
    }

    HeadBuilder query(int inHead, int inStream, double value) {
      add(at + "W_Q", first + inHead, inStream, value);
      return this;
    }

    /** A query that does not depend on the stream. */
    HeadBuilder query(int inHead, double value) {
      add(at + "b_Q", first + inHead, value);
      return this;
    }

    HeadBuilder key(int inHead, int inStream, double value) {
      add(at + "W_K", first + inHead, inStream, value);
      return this;
    }

    /** Copies a run of dimensions from what the head looks at to where it looks from. */
    HeadBuilder copy(int inHead, int from, int to, int count, double factor) {
      for (int i = 0; i < count; i++) {
        add(at + "W_V", first + inHead + i, from + i, 1);
        add(at + "W_O", to + i, first + inHead + i, factor);
      }
      return this;
    }

    /** Looks at the token before, the first one at itself. */
    HeadBuilder previousToken(int positions) {
      for (int query = 0; query < sizes.context(); query++) {
        query(Math.max(0, query - 1), positions + query, GAP);
        key(query, positions + query, 1);
      }
      return this;
    }
  }

  // the circuit

  /** Notes an edge that depends on the tokens. */
  CircuitBuilder edge(Node source, Input target) {
    edges.add(new KnownEdge(source, target, KnownEdge.Carries.TOKENS, KnownEdge.Role.MAIN));
    return this;
  }

  /** Notes an edge that depends on positions alone. */
  CircuitBuilder positionEdge(Node source, Input target) {
    edges.add(new KnownEdge(source, target, KnownEdge.Carries.POSITIONS, KnownEdge.Role.MAIN));
    return this;
  }

  /** Notes an edge of a part that stands in for another. */
  CircuitBuilder backupEdge(Node source, Input target) {
    edges.add(new KnownEdge(source, target, KnownEdge.Carries.TOKENS, KnownEdge.Role.BACKUP));
    return this;
  }

  static Node embedding() {
    return new Node.Embedding();
  }

  static Node from(int layer, int head) {
    return new Node.Attention(new Head(layer, head));
  }

  static Node fromMlp(int layer) {
    return new Node.Mlp(layer);
  }

  static Input query(int layer, int head) {
    return new Input(Input.Kind.QUERY, layer, head);
  }

  static Input key(int layer, int head) {
    return new Input(Input.Kind.KEY, layer, head);
  }

  static Input value(int layer, int head) {
    return new Input(Input.Kind.VALUE, layer, head);
  }

  static Input mlp(int layer) {
    return new Input(Input.Kind.MLP, layer, 0);
  }

  Input logits() {
    return new Input(Input.Kind.LOGITS, sizes.layers(), 0);
  }

  SortedSet<KnownEdge> edges() {
    return edges;
  }

  // the model

  HookedTransformer model(String name) {
    NDManager manager = NativeMemory.reachable(LoadOptions.DEFAULT.device());
    Map<String, NDArray> weights = new LinkedHashMap<>();
    shapes.forEach(
        (weight, shape) -> {
          if (entries.containsKey(weight) || !ParameterShapes.optional(weight)) {
            Shape sizes = new Shape(shape.stream().mapToLong(size -> size).toArray());
            weights.put(
                weight, manager.create(FloatBuffer.wrap(array(weight)), sizes, DataType.FLOAT32));
          }
        });
    return HookedTransformer.of(name, config, new Weights(weights));
  }

  private float[] array(String weight) {
    return entries.computeIfAbsent(
        weight,
        name ->
            new float
                [Math.toIntExact(shape(name).stream().reduce(1L, (product, n) -> product * n))]);
  }

  private List<Long> shape(String weight) {
    List<Long> shape = shapes.get(weight);
    if (shape == null) {
      throw new IllegalArgumentException("There is no weight '%s'".formatted(weight));
    }
    return shape;
  }
}
