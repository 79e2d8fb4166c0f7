package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdSequence;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/**
 * How well a model says the labels of sequences: what {@link Objectives#labels} trains it to.
 *
 * @param correct for each sequence the share of its labels that alone have the largest logit
 * @param losses for each sequence the mean cross-entropy over its labels, nats
 */
public record LabelScores(List<Double> correct, List<Double> losses) implements Displayable {
  private static final double LEVEL = 0.95;

  /** Logits of a pass, so that its memory stays below some 100 MB. */
  private static final long LOGITS = 1L << 22;

  public LabelScores {
    correct = List.copyOf(correct);
    losses = List.copyOf(losses);
  }

  /**
   * Asks a model.
   *
   * @param sequences at least one; they may differ in length
   * @throws IllegalArgumentException if there is none, or one does not fit the model
   */
  public static LabelScores of(HookedTransformer model, List<IdSequence> sequences) {
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("Expected at least one sequence; got none");
    }
    int vocab = model.config().vocab();
    int longest = sequences.stream().mapToInt(one -> one.ids().size()).max().orElseThrow();
    int rows = (int) Math.max(1, LOGITS / ((long) longest * vocab));
    List<Double> correct = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    for (int from = 0; from < sequences.size(); from += rows) {
      List<IdSequence> some = sequences.subList(from, Math.min(from + rows, sequences.size()));
      long[][] ids = some.stream().map(IdSequence::toArray).toArray(long[][]::new);
      Tokens tokens = Tokens.padded(Tokens.Padding.RIGHT, ids);
      try (Run run = model.run(tokens)) {
        double[] logits = Tensors.doubles(run.logits());
        for (int row = 0; row < some.size(); row++) {
          List<IdSequence.Label> labels = some.get(row).labels();
          double right = 0;
          double loss = 0;
          for (IdSequence.Label label : labels) {
            int at = (row * tokens.length() + label.position()) * vocab;
            right += isLargest(logits, at, vocab, label.id()) ? 1 : 0;
            loss += loss(logits, at, vocab, label.id());
          }
          correct.add(right / labels.size());
          losses.add(loss / labels.size());
        }
      }
    }
    return new LabelScores(correct, losses);
  }

  /** Returns the share of labels that alone have the largest logit: the mean over sequences. */
  public double accuracy() {
    return mean(correct);
  }

  /** Returns the share of sequences of which every label alone has the largest logit. */
  public double wholeSequences() {
    return (double) correct.stream().filter(share -> share == 1).count() / correct.size();
  }

  /** Returns the cross-entropy in nats: the mean over sequences. */
  public double loss() {
    return mean(losses);
  }

  /** Shows the means, with 95 % bootstrap intervals over sequences. */
  public Table table() {
    return Table.of("measure", "sequences", "mean", "95 %")
        .row("accuracy", correct.size(), accuracy(), interval(correct))
        .row("loss, nats", losses.size(), loss(), interval(losses));
  }

  @Override
  public MimeBundle display() {
    return table().display();
  }

  @Override
  public String toString() {
    return table().toString();
  }

  private static String interval(List<Double> values) {
    double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Bootstrap.ofMean(all, LEVEL, 0).toString();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** Whether an id alone has the largest of the logits from an index on. */
  static boolean isLargest(double[] logits, int from, int vocab, int id) {
    for (int other = 0; other < vocab; other++) {
      if (other != id && !(logits[from + other] < logits[from + id])) {
        return false;
      }
    }
    return true;
  }

  /** The cross-entropy of an id under the logits from an index on, nats. */
  static double loss(double[] logits, int from, int vocab, int id) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int other = 0; other < vocab; other++) {
      largest = Math.max(largest, logits[from + other]);
    }
    double total = 0;
    for (int other = 0; other < vocab; other++) {
      total += Math.exp(logits[from + other] - largest);
    }
    return Math.log(total) + largest - logits[from + id];
  }
}
