package io.loupe.workbench.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/** Runs a batch with sets of its tokens removed, many sets in one pass. */
final class Remover {
  private final HookedTransformer model;
  private final Tokens tokens;
  private final Metric metric;
  private final Removal removal;

  Remover(HookedTransformer model, Tokens tokens, Metric metric, Removal removal) {
    if (removal instanceof Removal.Replace replace
        && (replace.token() < 0 || replace.token() >= model.config().vocab())) {
      throw new IllegalArgumentException(
          "There is no token %d to replace others by; the vocabulary has 0 to %d"
              .formatted(replace.token(), model.config().vocab() - 1));
    }
    this.model = model;
    this.tokens = tokens;
    this.metric = metric;
    this.removal = removal;
  }

  /**
   * Returns the metric with tokens removed. The metric still asks about the text as it was: a loss
   * is that of predicting the tokens that stood there.
   *
   * @param removed for each set [row][position], true to remove
   * @return [set][row]
   */
  double[][] metric(List<boolean[][]> removed) {
    int most = Copies.most(model, tokens);
    List<double[]> values = new ArrayList<>();
    for (int first = 0; first < removed.size(); first += most) {
      values.addAll(pass(removed.subList(first, Math.min(removed.size(), first + most))));
    }
    return values.toArray(double[][]::new);
  }

  private List<double[]> pass(List<boolean[][]> removed) {
    List<double[]> values = new ArrayList<>();
    try (NDManager scope = Engines.newManager(model.device());
        Run run = run(removed, scope)) {
      for (int copy = 0; copy < removed.size(); copy++) {
        NDArray logits = run.logits().stopGradient();
        logits.attach(scope);
        NDArray own = metric.perExample(Copies.rows(logits, copy, tokens.batch()), tokens);
        own.attach(scope);
        values.add(Metric.values(own, tokens));
      }
    }
    return values;
  }

  private Run run(List<boolean[][]> removed, NDManager scope) {
    if (removal instanceof Removal.Replace replace) {
      return model.run(replaced(removed, replace.token()));
    }
    NDArray hidden = mask(removed, scope);
    List<Intervention> edits = new ArrayList<>();
    for (int layer = 0; layer < model.config().layers(); layer++) {
      edits.add(
          Interventions.edit(
              Sites.SCORES.at(layer), Slice.ALL, "hide tokens", scores -> scores.add(hidden)));
    }
    return model.with(edits).run(tokens.repeat(removed.size()));
  }

  private Tokens replaced(List<boolean[][]> removed, long token) {
    long[][] ids = tokens.repeat(removed.size()).ids();
    long[][] mask = new long[ids.length][tokens.length()];
    for (int i = 0; i < ids.length; i++) {
      int row = i % tokens.batch();
      int[] columns = tokens.columns(row);
      for (int position = 0; position < columns.length; position++) {
        mask[i][columns[position]] = 1;
        if (removed.get(i / tokens.batch())[row][position]) {
          ids[i][columns[position]] = token;
        }
      }
    }
    return Tokens.masked(ids, mask);
  }

  /** Returns [copies * batch, 1, query, key]: negative infinity where a hidden key is seen. */
  private NDArray mask(List<boolean[][]> removed, NDManager scope) {
    int length = tokens.length();
    float[] mask = new float[removed.size() * tokens.batch() * length * length];
    int row = 0;
    for (boolean[][] copy : removed) {
      for (int of = 0; of < tokens.batch(); of++, row++) {
        int[] columns = tokens.columns(of);
        for (int position = 0; position < columns.length; position++) {
          int key = columns[position];
          for (int query = 0; query < length && copy[of][position]; query++) {
            mask[(row * length + query) * length + key] =
                query == key ? 0 : Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
    NDArray array = scope.create(mask, new Shape(row, 1, length, length));
    return array.toType(model.type(), false);
  }
}
