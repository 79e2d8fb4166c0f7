package io.loupe.workbench.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;

/** Copies of a batch that go through the model together. */
final class Copies {
  private Copies() {}

  /**
   * Returns how many copies make a pass: one if the model has interventions, which may be made for
   * one batch.
   */
  static int most(HookedTransformer model, Tokens tokens) {
    return model.interventions().isEmpty()
        ? Continuation.copiesOf(tokens.batch() * tokens.length())
        : 1;
  }

  /** Returns a metric of the stacked batch that asks the given one about one copy at a time. */
  static Metric each(Metric metric, Tokens tokens, int copies) {
    return (logits, stacked) -> {
      NDList values = new NDList();
      for (int copy = 0; copy < copies; copy++) {
        values.add(metric.perExample(rows(logits, copy, tokens.batch()), tokens));
      }
      return values.size() == 1
          ? values.get(0)
          : values.get(0).getNDArrayInternal().concat(values.subNDList(1), 0);
    };
  }

  /** Returns one copy's rows. */
  static NDArray rows(NDArray stacked, int copy, int batch) {
    return stacked.get(new NDIndex().addSliceDim((long) copy * batch, (long) (copy + 1) * batch));
  }
}
