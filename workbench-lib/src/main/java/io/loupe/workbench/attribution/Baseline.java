package io.loupe.workbench.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.model.HookedTransformer;

/**
 * What stands for "no token" at every position, as a token embedding; positions stay. Another
 * baseline asks another question, and gives other scores.
 */
public sealed interface Baseline {
  /** The zero vector. */
  Baseline ZERO = new Zero();

  /** The mean embedding over the vocabulary. */
  Baseline MEAN = new Mean();

  /** Returns the embedding of a token, e.g. of padding or a mask. */
  static Baseline token(long id) {
    return new Token(id);
  }

  /**
   * Returns the baseline's embedding, [d_model], as it is at EMBED.
   *
   * @throws IllegalArgumentException if the model has no such token
   */
  NDArray embedding(HookedTransformer model, NDManager scope);

  /** The zero vector. */
  record Zero() implements Baseline {
    @Override
    public NDArray embedding(HookedTransformer model, NDManager scope) {
      return scope.zeros(new Shape(model.config().dModel()), model.type());
    }

    @Override
    public String toString() {
      return "zero embedding";
    }
  }

  /** The mean embedding over the vocabulary. */
  record Mean() implements Baseline {
    @Override
    public NDArray embedding(HookedTransformer model, NDManager scope) {
      NDArray mean = table(model, scope).mean(new int[] {0});
      return mean.mul(model.config().embedding().scale());
    }

    @Override
    public String toString() {
      return "mean embedding";
    }
  }

  /** A token's embedding. */
  record Token(long id) implements Baseline {
    @Override
    public NDArray embedding(HookedTransformer model, NDManager scope) {
      if (id < 0 || id >= model.config().vocab()) {
        throw new IllegalArgumentException(
            "There is no token %d to be a baseline; the vocabulary has 0 to %d"
                .formatted(id, model.config().vocab() - 1));
      }
      return table(model, scope).get(id).mul(model.config().embedding().scale());
    }

    @Override
    public String toString() {
      return "token " + id;
    }
  }

  private static NDArray table(HookedTransformer model, NDManager scope) {
    NDArray table = model.weights().get("embed.W_E").stopGradient();
    table.attach(scope);
    return table;
  }
}
