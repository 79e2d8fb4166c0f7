package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import io.loupe.datasets.task.VectorSequence;
import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.nn.ModelConfig;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** The value of the last point of each sequence; what is minimised is the squared error. */
final class RegressionObjective implements ModelObjective {
  private final List<VectorSequence> sequences;
  private final int dModel;

  RegressionObjective(List<VectorSequence> sequences, int dModel) {
    this.sequences = List.copyOf(sequences);
    this.dModel = dModel;
    InContextRegression.inputs(this.sequences, dModel); // refuses what does not fit
  }

  @Override
  public String name() {
    return "squared error";
  }

  @Override
  public int examples() {
    return sequences.size();
  }

  @Override
  public TrainingBatch batch(int step, int[] examples) {
    List<VectorSequence> some = Arrays.stream(examples).mapToObj(sequences::get).toList();
    double[][] values = new double[some.size()][some.get(0).length()];
    for (int row = 0; row < values.length; row++) {
      Arrays.fill(values[row], Double.NaN);
      values[row][values[row].length - 1] = some.get(row).answer();
    }
    return new TrainingBatch(
        InContextRegression.tokens(some),
        values,
        List.of(InContextRegression.inputs(some, dModel)));
  }

  @Override
  public String sha256() {
    int length = sequences.get(0).length();
    int dimensions = sequences.get(0).inputs()[0].length;
    ByteBuffer all = ByteBuffer.allocate(8 * sequences.size() * length * (dimensions + 1));
    for (VectorSequence sequence : sequences) {
      Arrays.stream(sequence.inputs()).flatMapToDouble(Arrays::stream).forEach(all::putDouble);
      Arrays.stream(sequence.outputs()).forEach(all::putDouble);
    }
    return Sha256.of("%s, %d points".formatted(name(), length), all.flip());
  }

  @Override
  public void check(ModelConfig model) {
    InContextRegression.check(sequences.get(0), model);
    if (model.dModel() != dModel) {
      throw new IllegalArgumentException(
          "The objective was made for a d_model of %d; the model's is %d"
              .formatted(dModel, model.dModel()));
    }
  }

  @Override
  public NDArray loss(NDArray logits, TrainingBatch batch) {
    return SquaredError.mean(logits, batch.values());
  }

  @Override
  public String toString() {
    return "%s of the last of %d points, %,d examples"
        .formatted(name(), sequences.get(0).length(), sequences.size());
  }
}
