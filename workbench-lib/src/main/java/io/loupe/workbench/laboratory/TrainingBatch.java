package io.loupe.workbench.laboratory;

import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;

/**
 * The inputs of one step, and what the model should say where.
 *
 * @param tokens the inputs
 * @param targets [row][column]: the token or class to predict there; {@link #NONE} where nothing is
 *     asked
 * @param values [row][column]: the number that the logit of id 0 should be there; NaN where nothing
 *     is asked
 * @param inputs what else the model is given in this step, behind its own interventions: vectors at
 *     the embedding, say
 */
public record TrainingBatch(
    Tokens tokens, int[][] targets, double[][] values, List<Intervention> inputs) {
  /** Nothing is asked here. */
  public static final int NONE = -1;

  public TrainingBatch {
    targets = Arrays.stream(targets).map(int[]::clone).toArray(int[][]::new);
    values = Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
    inputs = List.copyOf(inputs);
    if (targets.length != tokens.batch()
        || values.length != tokens.batch()
        || Arrays.stream(targets).anyMatch(row -> row.length != tokens.length())
        || Arrays.stream(values).anyMatch(row -> row.length != tokens.length())) {
      throw new IllegalArgumentException(
          "Targets stand beside the tokens, [%d][%d]".formatted(tokens.batch(), tokens.length()));
    }
    if (Arrays.stream(targets).flatMapToInt(Arrays::stream).allMatch(target -> target == NONE)
        && Arrays.stream(values).flatMapToDouble(Arrays::stream).allMatch(Double::isNaN)) {
      throw new IllegalArgumentException(
          "A batch asks for nothing: every target is NONE and every value NaN");
    }
  }

  /** Tokens or classes to predict. */
  public TrainingBatch(Tokens tokens, int[][] targets) {
    this(tokens, targets, nothing(tokens), List.of());
  }

  /** Numbers to predict. */
  public TrainingBatch(Tokens tokens, double[][] values, List<Intervention> inputs) {
    this(tokens, none(tokens), values, inputs);
  }

  @Override
  public int[][] targets() {
    return Arrays.stream(targets).map(int[]::clone).toArray(int[][]::new);
  }

  @Override
  public double[][] values() {
    return Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
  }

  private static double[][] nothing(Tokens tokens) {
    double[][] values = new double[tokens.batch()][tokens.length()];
    Arrays.stream(values).forEach(row -> Arrays.fill(row, Double.NaN));
    return values;
  }

  private static int[][] none(Tokens tokens) {
    int[][] targets = new int[tokens.batch()][tokens.length()];
    Arrays.stream(targets).forEach(row -> Arrays.fill(row, NONE));
    return targets;
  }
}
