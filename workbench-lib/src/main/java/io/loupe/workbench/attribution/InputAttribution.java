package io.loupe.workbench.attribution;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;

/**
 * A method that says how much each token of the input had to do with the metric. Methods disagree;
 * see {@link AttributionComparison} and {@link PerturbationCurves}. They are made by {@link
 * InputAttributions}.
 */
public interface InputAttribution {
  /** Returns the method's name with its settings, for figures and provenance. */
  String name();

  /** Tells whether a negative score says that the token lowers the metric. */
  boolean signed();

  /**
   * Scores every token of every row.
   *
   * @throws IllegalArgumentException if the method makes no sense for the model, tokens or metric
   */
  TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric);
}
