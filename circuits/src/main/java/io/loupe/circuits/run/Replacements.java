package io.loupe.circuits.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;

/**
 * What stands in for the outputs of nodes whose edges are cut. Means are taken once over all
 * corrupted prompts, padding left out.
 */
public final class Replacements implements AutoCloseable {
  private final HookedTransformer model;
  private final Parts parts;
  private final StandIn standIn;
  private final NDManager manager;
  private final Map<Integer, NodeOutputs> means = new HashMap<>(); // by length, or of all at 0

  /**
   * Prepares replacements.
   *
   * @throws IllegalArgumentException if positional means are asked for and prompts are padded
   */
  public Replacements(ModelGraph graph, Parts parts, Examples examples, StandIn standIn) {
    this.model = graph.model();
    this.parts = parts;
    this.standIn = standIn;
    this.manager = Engines.newManager(model.device());
    if (standIn == StandIn.MEAN || standIn == StandIn.POSITIONAL_MEAN) {
      takeMeans(examples);
    }
  }

  /** Returns the kind. */
  public StandIn standIn() {
    return standIn;
  }

  /**
   * Returns what is put in place of nodes' outputs on a batch.
   *
   * @param clean what the nodes write on the clean prompts
   * @param corrupted the run on the corrupted prompts, with what {@link Parts#outputs} names
   * @param scope owns the result
   */
  public NodeOutputs of(NodeOutputs clean, Run corrupted, NDManager scope) {
    return switch (standIn) {
      case RESAMPLE -> NodeOutputs.of(parts, point -> corrupted.cache().get(point), scope);
      case ZERO -> clean.map(own -> attached(own.zerosLike(), scope));
      case MEAN -> spread(clean, 0, scope);
      case POSITIONAL_MEAN -> spread(clean, corrupted.tokens().length(), scope);
    };
  }

  private NodeOutputs spread(NodeOutputs clean, int key, NDManager scope) {
    NodeOutputs mean = means.get(key);
    if (mean == null) {
      throw new IllegalStateException("no mean was taken over prompts of " + key + " tokens");
    }
    return clean.with(mean, (own, of) -> attached(own.zerosLike().addi(of), scope));
  }

  private void takeMeans(Examples examples) {
    Map<Integer, Integer> counts = new HashMap<>();
    Set<HookPoint> outputs = Parts.outputs(model.config());
    for (Batch batch : examples.batches()) {
      Tokens tokens = batch.corrupted();
      boolean positional = standIn == StandIn.POSITIONAL_MEAN;
      if (positional && tokens.isPadded()) {
        throw new IllegalArgumentException(
            "A mean at each position needs prompts without padding, in batches of equal length; got %s. Examples.of(model, task, pairs, contrast) makes them, and StandIn.MEAN takes any"
                .formatted(tokens));
      }
      int key = positional ? tokens.length() : 0;
      try (Run run = model.run(tokens, Capture.matching(outputs::contains));
          NDManager scope = manager.newSubManager()) {
        NodeOutputs written = NodeOutputs.of(parts, point -> run.cache().get(point), scope);
        NDArray real = real(tokens, written.embedding(), scope); // [batch, pos, 1]
        NodeOutputs sum =
            written.map(
                own -> {
                  NDArray mask = own.getShape().dimension() == 4 ? real.expandDims(3) : real;
                  NDArray masked = own.mul(mask);
                  masked.attach(scope);
                  int[] over = positional ? new int[] {0} : new int[] {0, 1};
                  return attached(masked.sum(over, true), manager);
                });
        BinaryOperator<NDArray> adding = (a, b) -> a.addi(b);
        means.merge(key, sum, (a, b) -> a.with(b, adding));
      }
      int prompts = tokens.batch();
      int counted = 0;
      for (int row = 0; row < prompts; row++) {
        counted += tokens.length(row);
      }
      counts.merge(key, positional ? prompts : counted, Integer::sum);
    }
    counts.forEach(
        (key, count) ->
            means.computeIfPresent(key, (k, sum) -> sum.map(array -> array.divi(count))));
  }

  private static NDArray real(Tokens tokens, NDArray like, NDManager scope) {
    float[] mask = new float[tokens.batch() * tokens.length()];
    for (int row = 0; row < tokens.batch(); row++) {
      for (int column : tokens.columns(row)) {
        mask[row * tokens.length() + column] = 1;
      }
    }
    NDArray array = scope.create(mask, new Shape(tokens.batch(), tokens.length(), 1));
    return attached(Tensors.as(like.getDataType(), array), scope);
  }

  private static NDArray attached(NDArray array, NDManager to) {
    array.attach(to);
    return array;
  }

  /** Frees the means. */
  @Override
  public void close() {
    manager.close();
  }
}
