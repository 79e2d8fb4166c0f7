package io.loupe.workbench.nn;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which of the many weights that compute the same probabilities a model has: those of its files, or
 * those with norms, biases and means folded away. What is read off inside, and what zero ablation
 * does, depends on it.
 *
 * @param kind raw or folded
 * @param done the steps that were done, in their order
 * @param left for each step of folding that was not done, why: it would change what the model
 *     computes, or there is nothing to fold
 */
public record Gauge(Kind kind, Set<Step> done, Map<Step, String> left) implements Displayable {
  /** The weights as the files have them. */
  public static final Gauge RAW = new Gauge(Kind.RAW, Set.of(), Map.of());

  public Gauge {
    EnumSet<Step> steps = EnumSet.noneOf(Step.class);
    steps.addAll(done);
    done = Collections.unmodifiableSet(steps);
    EnumMap<Step, String> reasons = new EnumMap<>(Step.class);
    reasons.putAll(left);
    left = Collections.unmodifiableMap(reasons);
  }

  /** Raw or folded. */
  public enum Kind {
    RAW,
    FOLDED
  }

  /**
   * The steps of folding, in the order in which they are done. Each leaves the probabilities as
   * they are; all but the last leave the logits.
   */
  public enum Step {
    /**
     * Weights and biases of the norms before attention and MLP, into the queries, keys, values, MLP
     * inputs and gates that read them: LN1 and LN2 are then the normalised stream itself.
     */
    NORMS_INTO_READERS("norms into what reads them"),
    /** Weight and bias of the final norm, into the unembedding. */
    FINAL_NORM_INTO_UNEMBEDDING("final norm into the unembedding"),
    /**
     * The values' biases, into the attention's output bias: a row of attention probabilities sums
     * to one, so they arrive whole at every position. Z is then what a head reads from the tokens.
     */
    VALUE_BIASES_INTO_OUTPUT("value biases into the output bias"),
    /** The mean over d_model of each embedding is taken off: a layer norm does not see it. */
    EMBEDDINGS_CENTRED("embeddings centred"),
    /**
     * The mean over d_model of what attention and MLP write is taken off: a layer norm does not see
     * it.
     */
    OUTPUTS_CENTRED("attention and MLP outputs centred"),
    /**
     * The mean of the unembedding over the vocabulary is taken off: all logits of a position move
     * by the same number, which softmax does not see.
     */
    UNEMBEDDING_CENTRED("unembedding centred over the vocabulary");

    private final String text;

    Step(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Tells whether the weights are folded, be it that nothing was there to fold. */
  public boolean isFolded() {
    return kind == Kind.FOLDED;
  }

  /** Returns {@code raw weights} or {@code folded weights}, for titles. */
  public String label() {
    return kind.name().toLowerCase(Locale.ROOT) + " weights";
  }

  /** Shows each step, and why it was not done if it was not. */
  @Override
  public MimeBundle display() {
    Table table = Table.of("step", label());
    for (Step step : Step.values()) {
      String state = done.contains(step) ? "done" : left.getOrDefault(step, "not asked for");
      table = table.row(step, state);
    }
    return table.display();
  }

  /** Returns {@code raw}, or {@code folded:} with the steps that were done. */
  @Override
  public String toString() {
    String steps = done.stream().map(Step::toString).collect(Collectors.joining(", "));
    return isFolded() ? "folded: " + (steps.isEmpty() ? "nothing to fold" : steps) : "raw";
  }
}
