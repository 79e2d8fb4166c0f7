package io.loupe.circuits.testing;

import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.testing.Checkpoints;
import java.io.IOException;
import java.util.stream.Stream;

/** The tiny checkpoints whose stream is a sum of what nodes write. */
public final class Sums {
  private Sums() {}

  /** Returns them by name. */
  public static Stream<String> all() throws IOException {
    return Checkpoints.all().filter(Sums::isSum);
  }

  private static boolean isSum(String name) {
    try {
      HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE);
      return model.config().block().norms().streamIsSum();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns the graph of one in float64. */
  public static ModelGraph graph(String name) throws IOException {
    return ModelGraph.of(Checkpoints.load(name, LoadOptions.DOUBLE));
  }
}
