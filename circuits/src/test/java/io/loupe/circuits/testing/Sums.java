package io.loupe.circuits.testing;

import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.testing.Checkpoints;
import java.io.IOException;
import java.util.stream.Stream;

/** Tiny checkpoints whose stream is a sum of what nodes write, of every shape of block. */
public final class Sums {
  private Sums() {}

  /** Returns them by name. */
  public static Stream<String> all() {
    return Stream.of(
        "golden/bloom",
        "golden/gemma2", // norms before and behind
        "golden/gemma3_text",
        "golden/gpt2",
        "golden/gpt_neo",
        "golden/gpt_neox", // parallel
        "golden/gptj", // parallel, one norm for both
        "golden/llama",
        "golden/olmo2", // norms behind only
        "golden/qwen2",
        "golden/qwen3", // queries and keys normalised
        "variants/gemma-grouped",
        "variants/gpt_neox-sequential");
  }

  /** Returns the graph of one in float64. */
  public static ModelGraph graph(String name) throws IOException {
    return ModelGraph.of(Checkpoints.load(name, LoadOptions.DOUBLE));
  }
}
