package io.loupe.workbench.laboratory;

import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

/**
 * The inputs of one step, and what the model should say where.
 *
 * @param tokens the inputs
 * @param targets [row][column]: the token or class to predict there; {@link #NONE} where nothing is
 *     asked
 */
public record TrainingBatch(Tokens tokens, int[][] targets) {
  /** Nothing is asked here. */
  public static final int NONE = -1;

  public TrainingBatch {
    targets = Arrays.stream(targets).map(int[]::clone).toArray(int[][]::new);
    if (targets.length != tokens.batch()
        || Arrays.stream(targets).anyMatch(row -> row.length != tokens.length())) {
      throw new IllegalArgumentException(
          "Targets stand beside the tokens, [%d][%d]".formatted(tokens.batch(), tokens.length()));
    }
    if (Arrays.stream(targets).flatMapToInt(Arrays::stream).allMatch(target -> target == NONE)) {
      throw new IllegalArgumentException("A batch asks for nothing: every target is NONE");
    }
  }

  @Override
  public int[][] targets() {
    return Arrays.stream(targets).map(int[]::clone).toArray(int[][]::new);
  }
}
