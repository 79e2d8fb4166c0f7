package io.loupe.circuits.benchmarks;

import ai.djl.Device;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.score.EdgeAttribution;
import io.loupe.workbench.benchmarks.PeakMemory;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.path.InputGradients;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;

/** The peak of a JVM that scores all edges, or takes gradients, of a model with long prompts. */
public final class EdgeMemory {
  private static final Dimensions SIZES = new Dimensions(12, 768, 12, 12, 64, 3072, 1000, 256);
  private static final int PROMPTS = 8;
  private static final int LENGTH = 128;

  private EdgeMemory() {}

  /**
   * Writes the peak to the second word's file. The first is {@code eap}; {@code inputs} for the
   * gradients at all inputs alone; or anything else for one forward and backward pass.
   */
  public static void main(String[] whatAndResult) throws IOException {
    HookedTransformer model = CircuitBenchmark.model(SIZES, Device.cpu());
    ModelGraph graph = ModelGraph.of(model);
    Examples examples = CircuitBenchmark.examples(PROMPTS, LENGTH, SIZES.vocab());
    Batch batch = examples.batches().get(0);
    Object kept =
        switch (whatAndResult[0]) {
          case "eap" -> EdgeAttribution.of(graph, examples).eap();
          case "inputs" -> InputGradients.of(model, batch.clean(), batch.metric(), graph.inputs());
          default -> CircuitBenchmark.backward(model, batch);
        };
    PeakMemory.write(Path.of(whatAndResult[1]));
    Reference.reachabilityFence(kept);
  }

  /** Returns the bytes of what every node writes to the stream, [batch, pos, node, d_model]. */
  static long bytesOfAllOutputs() {
    long nodes = 1 + SIZES.layers() * (SIZES.heads() + 1L);
    return nodes * PROMPTS * LENGTH * SIZES.dModel() * Float.BYTES;
  }
}
