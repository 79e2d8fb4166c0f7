package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/** Collects what a lens reads at one place after the other of one prompt. */
final class LensReadings {
  private final HookedTransformer model;
  private final Tokens tokens;
  private final long[] ids;
  private final List<Row> rows = new ArrayList<>();

  /**
   * What was read at one place.
   *
   * @param label for people
   * @param topIds the most probable token, [pos]
   * @param topTokens as text
   * @param topProbabilities its probability, [pos]
   * @param textProbabilities of the token that the text has, [pos], one fewer in a causal model
   */
  record Row(
      HookPoint point,
      String label,
      long[] topIds,
      List<String> topTokens,
      double[] topProbabilities,
      double[] textProbabilities) {}

  LensReadings(HookedTransformer model, Tokens tokens) {
    this.model = model;
    this.tokens = tokens;
    this.ids = tokens.row(0);
  }

  /**
   * Notes a row.
   *
   * @param logits at each of the prompt's own tokens, [pos, vocab]
   */
  void add(HookPoint point, String label, NDArray logits) {
    NDArray p = logits.softmax(-1).toType(DataType.FLOAT64, false); // [pos, vocab]
    long[] top = p.argMax(-1).toLongArray();
    rows.add(
        new Row(
            point,
            label,
            top,
            Rows.labels(model, Tokens.of(top)),
            p.max(new int[] {-1}).toDoubleArray(),
            textProbabilities(p)));
  }

  /** What the model is trained to say at a position is the next token, or the token there. */
  private double[] textProbabilities(NDArray p) {
    boolean causal = model.config().causal();
    double[] probabilities = new double[causal ? ids.length - 1 : ids.length];
    for (int position = 0; position < probabilities.length; position++) {
      probabilities[position] = p.getDouble(position, ids[causal ? position + 1 : position]);
    }
    return probabilities;
  }

  /**
   * Returns the lens.
   *
   * @param name of the lens, for the title
   * @param from what rows are, for the axis
   */
  LogitLens lens(String name, String from) {
    String said = model.config().causal() ? "next token" : "token at each position";
    return new LogitLens(
        model.config().causal(),
        Rows.labels(model, tokens),
        rows,
        name + ": the most probable " + said,
        from);
  }
}
