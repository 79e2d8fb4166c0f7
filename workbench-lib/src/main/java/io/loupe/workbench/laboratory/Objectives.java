package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.VectorSequence;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** What models are trained to say. */
public final class Objectives {
  private Objectives() {}

  /** At each token the next one, in every row (a causal model). */
  public static ModelObjective nextToken(Tokens corpus) {
    long[][] rows = rows(corpus);
    int[][] targets = new int[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      targets[row] = new int[rows[row].length];
      Arrays.fill(targets[row], TrainingBatch.NONE);
      for (int i = 0; i + 1 < rows[row].length; i++) {
        targets[row][i] = Math.toIntExact(rows[row][i + 1]);
      }
    }
    return new RowObjective("next token", rows, targets, true, (step, example) -> null, "");
  }

  /**
   * At each labelled position of a sequence its label: the token that follows, or a class, which is
   * read among the model's vocabulary. Training data of the tasks in {@code io.loupe.datasets}.
   */
  public static ModelObjective labels(List<IdSequence> sequences) {
    long[][] rows = sequences.stream().map(IdSequence::toArray).toArray(long[][]::new);
    int[][] targets = new int[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      targets[row] = new int[rows[row].length];
      Arrays.fill(targets[row], TrainingBatch.NONE);
      for (IdSequence.Label label : sequences.get(row).labels()) {
        targets[row][label.position()] = label.id();
      }
    }
    return new RowObjective("labels", rows, targets, false, (step, example) -> null, "");
  }

  /** As {@link #labels}, of the clean and the corrupted sequences of pairs. */
  public static ModelObjective labelsOfBoth(Collection<IdPair> pairs) {
    return labels(
        pairs.stream().flatMap(pair -> Stream.of(pair.clean(), pair.corrupted())).toList());
  }

  /**
   * Some tokens are masked and have to be said (a bidirectional model; Devlin et al. 2019, of whose
   * three kinds of change only the mask is made). Which ones is drawn anew in every step.
   *
   * @param mask the id that stands for them
   * @param share how many of a row's tokens, above 0 to below 1; at least one
   * @param seed of the draws
   */
  public static ModelObjective maskedToken(Tokens corpus, long mask, double share, long seed) {
    if (!(share > 0 && share < 1) || mask < 0) {
      throw new IllegalArgumentException(
          "Expected the id of a mask and a share of tokens above 0 and below 1; got %d and %s"
              .formatted(mask, share));
    }
    long[][] rows = rows(corpus);
    int[][] targets =
        Arrays.stream(rows)
            .map(row -> Arrays.stream(row).mapToInt(Math::toIntExact).toArray())
            .toArray(int[][]::new);
    return new RowObjective(
        "masked token",
        rows,
        targets,
        false,
        (step, example) -> {
          int length = rows[example].length;
          SplittableRandom random = new SplittableRandom((seed * 31 + step) * 1_000_003 + example);
          int[] order = new int[length];
          Arrays.setAll(order, i -> i);
          int count = Math.max(1, (int) Math.round(share * length));
          for (int i = 0; i < count; i++) {
            int other = i + random.nextInt(length - i);
            int kept = order[i];
            order[i] = order[other];
            order[other] = kept;
          }
          return new RowObjective.Masked(Arrays.copyOf(order, count), mask);
        },
        "mask %d, share %s, seed %d".formatted(mask, share, seed));
  }

  /**
   * The value of the last point of each sequence, from the points before it and their values: the
   * mean squared error. See {@link InContextRegression} for how a model reads them.
   *
   * @param sequences all of one length
   * @param dModel of the model that is trained: more than the points have dimensions
   */
  public static ModelObjective regression(List<VectorSequence> sequences, int dModel) {
    return new RegressionObjective(sequences, dModel);
  }

  private static long[][] rows(Tokens corpus) {
    long[][] rows = new long[corpus.batch()][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = corpus.row(row);
    }
    return rows;
  }
}
