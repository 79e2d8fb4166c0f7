package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model's parameters under our names, which follow TransformerLens: {@code embed.W_E}, {@code
 * blocks.0.attn.W_Q}, {@code blocks.0.mlp.b_in}. Matrices are stored as PyTorch's linear layers
 * store them, [out, in]; heads stand one behind the other on the side of the head.
 */
public final class Weights {
  private final Map<String, NDArray> byName;

  /** Holds parameters without copying them. They belong to a manager that outlives the model. */
  public Weights(Map<String, NDArray> byName) {
    this.byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
  }

  /**
   * Returns the parameter itself, not a copy: do not change it. Throws {@code
   * IllegalArgumentException} if there is none.
   */
  public NDArray get(String name) {
    NDArray weight = byName.get(name);
    if (weight == null) {
      throw new IllegalArgumentException(
          "No weight is named '" + name + "'; there are " + byName.keySet());
    }
    return weight;
  }

  /** Returns the names, in the order of the forward pass. */
  public Set<String> names() {
    return byName.keySet();
  }

  /** Returns the number of parameters; a tied unembedding is counted once, with the embedding. */
  public long parameters() {
    return distinct().stream().mapToLong(NDArray::size).sum();
  }

  /** Returns the arrays, one that has two names once. */
  public Set<NDArray> distinct() {
    Set<NDArray> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(byName.values());
    return distinct;
  }

  @Nullable NDArray orNull(String name) {
    return byName.get(name);
  }

  Linear linear(String weight, String bias) {
    return new Linear(get(weight), orNull(bias));
  }

  Norm norm(NormSpec spec, String prefix) {
    return new Norm(spec, orNull(prefix + ".w"), orNull(prefix + ".b"));
  }
}
