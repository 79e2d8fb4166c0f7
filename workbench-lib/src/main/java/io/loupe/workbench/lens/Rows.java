package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;

/** One prompt's own tokens in a batch. */
final class Rows {
  private Rows() {}

  /** Throws {@code IllegalArgumentException} for a batch of several prompts. */
  static void requireOne(Tokens tokens, String what) {
    if (tokens.batch() != 1) {
      throw new IllegalArgumentException(
          "%s is drawn for one prompt; got a batch of %d: call it for each, Tokens.of(tokens.row(i))"
              .formatted(what, tokens.batch()));
    }
  }

  /** Returns what an activation [batch, pos, ...] holds at a row's own tokens, [pos, ...]. */
  static NDArray of(NDArray activation, Tokens tokens, int row, NDManager scope) {
    NDArray own = activation.stopGradient();
    own.attach(scope);
    NDArray one = own.get(row);
    int[] columns = tokens.columns(row);
    return columns.length == tokens.length()
        ? one
        : one.get(scope.create(Arrays.stream(columns).asLongStream().toArray()));
  }

  /** Returns tokens as text, or as {@code <id>} if the model has no tokenizer. */
  static List<String> labels(HookedTransformer model, Tokens tokens) {
    return model.hasTokenizer()
        ? model.labels(tokens, 0)
        : Arrays.stream(tokens.row(0)).mapToObj(id -> "<" + id + ">").toList();
  }
}
