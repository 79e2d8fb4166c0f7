package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Copies of weights that are laid out alike wherever they come from, since a product of matrices
 * may round differently on another layout.
 */
final class ContiguousWeights {
  private ContiguousWeights() {}

  /** Returns copies that live as long as they can be reached; tied weights stay tied. */
  static Weights copy(Weights weights) {
    Map<NDArray, NDArray> copies = new IdentityHashMap<>();
    Map<String, NDArray> byName = new LinkedHashMap<>();
    try (NDManager scope = Engines.newManager(weights.get("embed.W_E").getDevice())) {
      for (String name : weights.names()) {
        NDArray weight = weights.get(name);
        byName.put(name, copies.computeIfAbsent(weight, w -> copy(w, scope)));
      }
      NativeMemory.adopt(copies.values());
    }
    return new Weights(byName);
  }

  /** Returns a copy in a manager, in row-major order. */
  static NDArray copy(NDArray array, NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray handle = array.stopGradient();
      handle.attach(scope);
      NDArray copy = handle.flatten().duplicate().reshape(array.getShape());
      copy.attach(manager);
      return copy;
    }
  }

  /** Returns a hash of the values, in the order of their names. */
  static String sha256(Weights weights) {
    String all = "";
    for (String name : weights.names()) {
      all = Sha256.of(all + name, weights.get(name).toByteBuffer());
    }
    return all;
  }
}
