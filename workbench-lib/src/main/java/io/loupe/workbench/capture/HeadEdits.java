package io.loupe.workbench.capture;

import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The edits of one head in one row of the batch, ready to be applied to scores. */
public final class HeadEdits {
  /** Stands for minus infinity in scores of float32; no sum or difference of two overflows. */
  static final float HIDDEN = -1e30f;

  /**
   * What is added to scores.
   *
   * @param queries [column] whether the query is meant
   * @param keys [column] whether the key is meant
   * @param logarithm of what probabilities are multiplied by; minus infinity hides
   */
  public record Weight(boolean[] queries, boolean[] keys, double logarithm) {}

  private final RowLayout layout;
  private final List<Weight> weights = new ArrayList<>(); // finite ones
  private final List<Weight> hidden = new ArrayList<>();
  private final List<AttentionEdit.SinkWindow> windows = new ArrayList<>();
  private double gate = 1;
  private double @Nullable [] coldness; // [column] 1 / temperature

  HeadEdits(AttentionCall call, int head, int row, RowLayout layout) {
    this.layout = layout;
    for (AttentionEdit edit : call.request().edits()) {
      if (edit.heads().contains(new Head(call.layer(), head))) {
        add(edit, call.tokens(), row);
      }
    }
  }

  private void add(AttentionEdit edit, Tokens tokens, int row) {
    if (edit instanceof AttentionEdit.Gate one) {
      gate *= one.factor();
    } else if (edit instanceof AttentionEdit.Temperature one) {
      boolean[] chosen = one.queries().columns(tokens, row);
      double[] factors = coldness;
      if (factors == null) {
        factors = new double[chosen.length];
        Arrays.fill(factors, 1);
      }
      for (int column = 0; column < chosen.length; column++) {
        factors[column] /= chosen[column] ? one.temperature() : 1;
      }
      coldness = factors;
    } else if (edit instanceof AttentionEdit.Knockout one) {
      hidden.add(weight(one.queries(), one.keys(), 0, tokens, row));
    } else if (edit instanceof AttentionEdit.Reweight one) {
      Weight weight = weight(one.queries(), one.keys(), one.factor(), tokens, row);
      (one.factor() == 0 ? hidden : weights).add(weight);
    } else if (edit instanceof AttentionEdit.SinkWindow one) {
      windows.add(one);
    }
  }

  private static Weight weight(
      TokenRange queries, TokenRange keys, double factor, Tokens tokens, int row) {
    return new Weight(queries.columns(tokens, row), keys.columns(tokens, row), Math.log(factor));
  }

  /** Throws if a row has not a span that an edit names. */
  static void check(AttentionEdit edit, Tokens tokens, int row) {
    if (edit instanceof AttentionEdit.Temperature one) {
      one.queries().columns(tokens, row);
    } else if (edit instanceof AttentionEdit.Knockout one) {
      one.queries().columns(tokens, row);
      one.keys().columns(tokens, row);
    } else if (edit instanceof AttentionEdit.Reweight one) {
      one.queries().columns(tokens, row);
      one.keys().columns(tokens, row);
    }
  }

  /** Tells whether nothing is changed. */
  public boolean isEmpty() {
    return gate == 1
        && coldness == null
        && weights.isEmpty()
        && hidden.isEmpty()
        && windows.isEmpty();
  }

  /** Returns what z is multiplied by. */
  public double gate() {
    return gate;
  }

  /** Returns what the scores of each query are multiplied by, [column]; null for nothing. */
  public double @Nullable [] coldness() {
    return coldness == null ? null : coldness.clone();
  }

  /** Returns what is added to scores, those that hide last. */
  public List<Weight> weights() {
    return Stream.concat(weights.stream(), hidden.stream()).toList();
  }

  /** Returns the sinks and windows, of which a key must be in each. */
  public List<AttentionEdit.SinkWindow> windows() {
    return List.copyOf(windows);
  }

  /** Returns the edited score of a key that the query sees; minus infinity if it is hidden. */
  double score(double score, int query, int key) {
    double s = coldness == null ? score : score * coldness[query];
    for (Weight weight : weights) {
      s += weight.queries[query] && weight.keys[key] ? weight.logarithm : 0;
    }
    for (Weight one : hidden) {
      s = one.queries[query] && one.keys[key] ? Double.NEGATIVE_INFINITY : s;
    }
    for (AttentionEdit.SinkWindow window : windows) {
      s = seen(window, query, key) ? s : Double.NEGATIVE_INFINITY;
    }
    return s;
  }

  /** Changes the scores of one key for the queries of the columns from one on. */
  void scores(float[] scores, int key, int firstColumn, int n) {
    double[] factors = coldness;
    if (factors != null) {
      for (int i = 0; i < n; i++) {
        scores[i] *= (float) factors[firstColumn + i];
      }
    }
    for (Weight weight : weights) {
      for (int i = 0; weight.keys[key] && i < n; i++) {
        scores[i] += weight.queries[firstColumn + i] ? (float) weight.logarithm : 0;
      }
    }
    for (Weight one : hidden) {
      for (int i = 0; one.keys[key] && i < n; i++) {
        scores[i] = one.queries[firstColumn + i] ? HIDDEN : scores[i];
      }
    }
    for (AttentionEdit.SinkWindow window : windows) {
      for (int i = 0; i < n; i++) {
        scores[i] = seen(window, firstColumn + i, key) ? scores[i] : HIDDEN;
      }
    }
  }

  private boolean seen(AttentionEdit.SinkWindow window, int query, int key) {
    return !layout.isReal(query) || window.sees(layout.position(query), layout.position(key));
  }
}
