package io.loupe.workbench.laboratory;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.text.Tokens;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows of tokens with targets beside them, of which some may be masked, differently each step. */
final class RowObjective implements ModelObjective {
  private final String name;
  private final long[][] rows;
  private final int[][] targets;
  private final boolean causal;
  private final Masking masking;
  private final String settings;

  /** Which positions of a row are masked, and with what. */
  record Masked(int[] positions, long mask) {}

  /** Says what is masked; null for nothing. */
  @FunctionalInterface
  interface Masking {
    @Nullable Masked of(int step, int example);
  }

  RowObjective(
      String name,
      long[][] rows,
      int[][] targets,
      boolean causal,
      Masking masking,
      String settings) {
    if (rows.length == 0) {
      throw new IllegalArgumentException("There are no examples to train on");
    }
    for (int row = 0; row < rows.length; row++) {
      if (Arrays.stream(targets[row]).allMatch(target -> target == TrainingBatch.NONE)) {
        throw new IllegalArgumentException(
            "Example %d of %d tokens asks for nothing: leave it out"
                .formatted(row, rows[row].length));
      }
    }
    this.name = name;
    this.rows = rows;
    this.targets = targets;
    this.causal = causal;
    this.masking = masking;
    this.settings = settings;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int examples() {
    return rows.length;
  }

  @Override
  public TrainingBatch batch(int step, int[] examples) {
    int columns = Arrays.stream(examples).map(example -> rows[example].length).max().orElse(0);
    long[][] ids = new long[examples.length][];
    int[][] asked = new int[examples.length][columns];
    for (int i = 0; i < examples.length; i++) {
      int example = examples[i];
      ids[i] = rows[example].clone();
      Arrays.fill(asked[i], TrainingBatch.NONE);
      Masked masked = masking.of(step, example);
      if (masked == null) {
        System.arraycopy(targets[example], 0, asked[i], 0, targets[example].length);
      } else {
        for (int position : masked.positions()) {
          ids[i][position] = masked.mask();
          asked[i][position] = targets[example][position];
        }
      }
    }
    return new TrainingBatch(Tokens.padded(Tokens.Padding.RIGHT, ids), asked);
  }

  @Override
  public String sha256() {
    int bytes = 0;
    for (long[] row : rows) {
      bytes += 4 + 12 * row.length;
    }
    ByteBuffer all = ByteBuffer.allocate(bytes);
    for (int row = 0; row < rows.length; row++) {
      all.putInt(rows[row].length);
      Arrays.stream(rows[row]).forEach(all::putLong);
      Arrays.stream(targets[row]).forEach(all::putInt);
    }
    return Sha256.of(name + ", " + settings, all.flip());
  }

  @Override
  public void check(ModelConfig config) {
    long largest =
        Math.max(
            Arrays.stream(rows).flatMapToLong(Arrays::stream).max().orElse(0),
            Arrays.stream(targets).flatMapToInt(Arrays::stream).max().orElse(0));
    Masked masked = masking.of(0, 0);
    largest = masked == null ? largest : Math.max(largest, masked.mask());
    if (largest >= config.vocab()) {
      throw new IllegalArgumentException(
          "The examples have the id %d; the model's vocabulary is 0 to %d"
              .formatted(largest, config.vocab() - 1));
    }
    int longest = Arrays.stream(rows).mapToInt(row -> row.length).max().orElse(0);
    if (longest > config.longestInput()) {
      throw new IllegalArgumentException(
          "The examples have up to %d tokens; the model's context is %d"
              .formatted(longest, config.longestInput()));
    }
    if (causal && !config.causal()) {
      throw new IllegalArgumentException(
          "A bidirectional model sees the next token: train it with Objectives.maskedToken, or on labels");
    }
    if (masked != null && config.causal()) {
      throw new IllegalArgumentException(
          "Masked tokens are for a bidirectional model, and this one is causal: train it with Objectives.nextToken");
    }
  }

  @Override
  public String toString() {
    return "%s, %,d examples%s"
        .formatted(name, rows.length, settings.isEmpty() ? "" : ", " + settings);
  }
}
