package io.loupe.workbench.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokenizer;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The metrics of the field. Logarithms are natural; those that read one position read each row's
 * last token.
 */
public final class Metrics {
  private Metrics() {}

  /**
   * Logit of the answer minus logit of the wrong answer at the last position, the same two tokens
   * for all rows.
   */
  public static Metric logitDifference(long answer, long wrong) {
    return logitDifference(new long[] {answer}, new long[] {wrong});
  }

  /**
   * Logit of each row's answer minus logit of its wrong answer, at its last position (Wang et al.
   * 2022).
   *
   * @throws IllegalArgumentException if an answer is its own wrong answer
   */
  public static Metric logitDifference(long[] answers, long[] wrong) {
    for (int row = 0; row < Math.min(answers.length, wrong.length); row++) {
      if (answers[row] == wrong[row]) {
        throw new IllegalArgumentException(
            "Answer and wrong answer of row %d are the same token, %d: the difference is always 0. tokens(tokenizer, \" she\") gives an answer's id"
                .formatted(row, answers[row]));
      }
    }
    LastTokenMetric metric =
        (last, tokens) -> pick(last, answers, tokens).sub(pick(last, wrong, tokens));
    return metric;
  }

  /** Log-probability of each row's answer at its last position, in nats. */
  public static Metric logProbability(long... answers) {
    LastTokenMetric metric = (last, tokens) -> pick(last.logSoftmax(-1), answers, tokens);
    return metric;
  }

  /** Probability of each row's answer at its last position, from 0 to 1 (Meng et al. 2022). */
  public static Metric probability(long... answers) {
    LastTokenMetric metric = (last, tokens) -> pick(last.softmax(-1), answers, tokens);
    return metric;
  }

  /**
   * Probability of all of a row's answers together minus that of all its wrong ones, at its last
   * position, from -1 to 1: what Hanna et al. (2023) measure on greater-than.
   *
   * @param answers [row][answer], at least one
   * @param wrong [row][wrong answer]
   * @throws IllegalArgumentException if a token is right and wrong, or rows differ in number
   */
  public static Metric probabilityDifference(long[][] answers, long[][] wrong) {
    if (answers.length == 0 || answers.length != wrong.length) {
      throw new IllegalArgumentException(
          "Answers and wrong answers need as many rows, one for each prompt; got %d and %d"
              .formatted(answers.length, wrong.length));
    }
    for (int row = 0; row < answers.length; row++) {
      Set<Long> right = Arrays.stream(answers[row]).boxed().collect(Collectors.toSet());
      for (long id : wrong[row]) {
        if (right.contains(id)) {
          throw new IllegalArgumentException(
              "Token %d is an answer and a wrong answer of row %d".formatted(id, row));
        }
      }
    }
    long[][] right = Arrays.stream(answers).map(long[]::clone).toArray(long[][]::new);
    long[][] others = Arrays.stream(wrong).map(long[]::clone).toArray(long[][]::new);
    LastTokenMetric metric =
        (last, tokens) -> {
          Shape shape = last.getShape();
          if (shape.get(0) != right.length) {
            throw new IllegalArgumentException(
                "The metric has answers for %d rows; got %d".formatted(right.length, shape.get(0)));
          }
          int vocab = (int) shape.get(1);
          float[] signs = new float[right.length * vocab];
          for (int row = 0; row < right.length; row++) {
            mark(signs, row * vocab, vocab, right[row], 1);
            mark(signs, row * vocab, vocab, others[row], -1);
          }
          NDArray weights = Tensors.as(last.getDataType(), last.getManager().create(signs, shape));
          return last.softmax(-1).mul(weights).sum(new int[] {1});
        };
    return metric;
  }

  private static void mark(float[] signs, int row, int vocab, long[] ids, float sign) {
    for (long id : ids) {
      if (id < 0 || id >= vocab) {
        throw noToken(id, vocab);
      }
      signs[row + (int) id] = sign;
    }
  }

  private static IllegalArgumentException noToken(long id, long vocab) {
    return new IllegalArgumentException(
        "There is no token " + id + "; the vocabulary has 0 to " + (vocab - 1));
  }

  /** Logit of each row's answer at its last position. */
  public static Metric logit(long... answers) {
    LastTokenMetric metric = (last, tokens) -> pick(last, answers, tokens);
    return metric;
  }

  /**
   * Returns the ids of answers that are one token each, one for each text: {@code
   * logProbability(tokens(model.tokenizer(), " Paris", " Rome"))}.
   *
   * @param answers as they stand behind the prompt, most with a leading space
   * @throws IllegalArgumentException if one of them is several tokens, naming these
   */
  public static long[] tokens(Tokenizer tokenizer, String... answers) {
    return Arrays.stream(answers).mapToLong(answer -> token(tokenizer, answer)).toArray();
  }

  private static long token(Tokenizer tokenizer, String answer) {
    OptionalLong id = tokenizer.idOf(answer);
    if (id.isPresent()) {
      return id.getAsLong();
    }
    long[] several = tokenizer.encode(answer, false);
    OptionalLong spaced = tokenizer.idOf(" " + answer);
    throw new IllegalArgumentException(
        "A metric reads one token; \"%s\" is %d: %s. %s"
            .formatted(
                answer,
                several.length,
                tokenizer.tokens(several),
                spaced.isPresent()
                    ? "\" %s\", with its leading space, is one".formatted(answer)
                    : "Choose answers that are one token, or measure all of them: Metrics.loss() on the prompt with its answer"));
  }

  /**
   * Mean cross-entropy of a row's tokens after its first, in nats per token. Rows need at least two
   * tokens.
   */
  public static Metric loss() {
    return lossFrom(1);
  }

  /**
   * Mean cross-entropy of a row's tokens from a position on, in nats per token: of what a repeated
   * text costs the second time, say.
   *
   * @param position of the first token that counts, 1 or more; rows need a token there
   */
  public static Metric lossFrom(int position) {
    if (position < 1) {
      throw new IllegalArgumentException(
          "The first token that something foretells is at position 1; got " + position);
    }
    return (logits, tokens) -> {
      NDArray weights = nextTokenWeights(tokens, position, logits);
      return nextTokenLogProbabilities(logits, tokens).mul(weights).sum(new int[] {1}).neg();
    };
  }

  /**
   * Returns the cross-entropy of each token given those before it, in nats.
   *
   * @return [row][position], one shorter than the row: entry p is the loss of predicting token p +
   *     1
   */
  public static double[][] lossPerToken(Outcome run) {
    NDArray logits = run.logits().stopGradient();
    Tokens tokens = run.tokens();
    try (NDManager scope = logits.getManager().newSubManager()) {
      logits.attach(scope);
      double[][] padded = Tensors.matrix(nextTokenLogProbabilities(logits, tokens));
      double[][] losses = new double[tokens.batch()][];
      for (int row = 0; row < losses.length; row++) {
        int[] columns = tokens.columns(row);
        double[] values = padded[row];
        losses[row] =
            Arrays.stream(columns)
                .limit(columns.length - 1L)
                .mapToDouble(column -> -values[column])
                .toArray();
      }
      return losses;
    }
  }

  /**
   * Kullback-Leibler divergence of a run's next-token distribution at the last position from the
   * reference's, KL(reference || run), in nats. The reference must have the same batch size.
   */
  public static Metric klDivergence(Outcome reference) {
    NDArray expected =
        NativeMemory.keep(last(reference.logits(), reference.tokens()).logSoftmax(-1));
    LastTokenMetric metric =
        (last, tokens) -> {
          NDArray actual = last.logSoftmax(-1);
          if (!actual.getShape().equals(expected.getShape())) {
            throw new IllegalArgumentException(
                "The reference's last logits are %s, the run's %s; both need the same batch"
                    .formatted(expected.getShape(), actual.getShape()));
          }
          return actual.neg().add(expected).mul(expected.exp()).sum(new int[] {1});
        };
    return metric;
  }

  /**
   * 1 where each row's answer has the largest logit at its last position, else 0. Has no gradient.
   */
  public static Metric accuracy(long... answers) {
    LastTokenMetric metric =
        (last, tokens) -> {
          NDArray best = last.argMax(-1);
          return best.eq(indices(answers, tokens, best.getManager()))
              .toType(last.getDataType(), false);
        };
    return metric;
  }

  /**
   * How many tokens have a larger logit than each row's answer at its last position: 0 is the best.
   * Has no gradient.
   */
  public static Metric rank(long... answers) {
    LastTokenMetric metric =
        (last, tokens) -> {
          NDArray answer = pick(last, answers, tokens).expandDims(1);
          return last.gt(answer).toType(last.getDataType(), false).sum(new int[] {1});
        };
    return metric;
  }

  /** Returns the logits at each row's last token, [batch, vocab]. */
  public static NDArray last(NDArray logits, Tokens tokens) {
    if (!tokens.isPadded()) {
      return logits.get(":, -1");
    }
    NDList rows = new NDList();
    for (int row = 0; row < tokens.batch(); row++) {
      rows.add(logits.get(row, tokens.column(row, -1)).expandDims(0));
    }
    return rows.size() == 1
        ? rows.get(0)
        : rows.get(0).getNDArrayInternal().concat(rows.subNDList(1), 0);
  }

  /** Picks one vocabulary entry of each row: [batch, vocab] to [batch]. */
  private static NDArray pick(NDArray rows, long[] ids, Tokens tokens) {
    long vocab = rows.getShape().get(1);
    for (long id : ids) {
      if (id < 0 || id >= vocab) {
        throw noToken(id, vocab);
      }
    }
    NDArray index = indices(ids, tokens, rows.getManager()).expandDims(1);
    return rows.gather(index, 1).squeeze(1);
  }

  private static NDArray indices(long[] ids, Tokens tokens, NDManager manager) {
    if (ids.length != 1 && ids.length != tokens.batch()) {
      throw new IllegalArgumentException(
          "Name one answer for all rows or one for each of the %d; got %d"
              .formatted(tokens.batch(), ids.length));
    }
    long[] perRow = new long[tokens.batch()];
    for (int row = 0; row < perRow.length; row++) {
      perRow[row] = ids[ids.length == 1 ? 0 : row];
    }
    return manager.create(perRow);
  }

  /**
   * Returns [batch, pos]: at each token the log-probability of the row's next one; what stands at
   * padding and at last tokens means nothing.
   */
  private static NDArray nextTokenLogProbabilities(NDArray logits, Tokens tokens) {
    long[] next = new long[tokens.batch() * tokens.length()];
    for (int row = 0; row < tokens.batch(); row++) {
      int[] columns = tokens.columns(row);
      long[] ids = tokens.row(row);
      for (int i = 0; i + 1 < columns.length; i++) {
        next[row * tokens.length() + columns[i]] = ids[i + 1];
      }
    }
    NDArray index = logits.getManager().create(next, new Shape(tokens.batch(), tokens.length(), 1));
    return logits.logSoftmax(-1).gather(index, 2).squeeze(2);
  }

  /**
   * Returns [batch, pos]: one over the number of predicted tokens where a token is followed by
   * another, else 0.
   */
  private static NDArray nextTokenWeights(Tokens tokens, int position, NDArray logits) {
    double[] weights = new double[tokens.batch() * tokens.length()];
    for (int row = 0; row < tokens.batch(); row++) {
      int[] columns = tokens.columns(row);
      if (columns.length <= position) {
        throw new IllegalArgumentException(
            position == 1
                ? "The loss needs at least two tokens; row " + row + " has one"
                : "The loss from position %d on needs a token there; row %d has %d tokens"
                    .formatted(position, row, columns.length));
      }
      for (int i = position - 1; i + 1 < columns.length; i++) {
        weights[row * tokens.length() + columns[i]] = 1.0 / (columns.length - position);
      }
    }
    DataType type = logits.getDataType();
    Shape shape = new Shape(tokens.batch(), tokens.length());
    return logits.getManager().create(weights, shape).toType(type, false);
  }
}
