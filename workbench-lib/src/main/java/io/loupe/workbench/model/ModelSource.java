package io.loupe.workbench.model;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.nn.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Where a model came from, for provenance: a name and a way to its weights' hash. */
record ModelSource(String name, Hash hash) {

  /** A hash that costs time, asked for when it is needed. */
  @FunctionalInterface
  interface Hash {
    String sha256() throws IOException;
  }

  /**
   * A model whose weights were made in memory: their values are hashed, in the order of their
   * names.
   */
  static ModelSource inMemory(String name, Weights weights) {
    return new ModelSource(name, () -> hash(weights));
  }

  String sha256() {
    try {
      return hash.sha256();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "The weights of " + name + " can no longer be read to hash them", e);
    }
  }

  private static String hash(Weights weights) {
    String all = "";
    for (String name : weights.names()) {
      all = Sha256.of(all + name, weights.get(name).toByteBuffer()); // each hash goes into the next
    }
    return all;
  }
}
