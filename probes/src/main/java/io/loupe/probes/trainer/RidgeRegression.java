package io.loupe.probes.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.probes.data.Labels;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Ridge regression on standardised features, solved exactly (Cholesky): it minimises the mean
 * squared error plus {@code strength} times the squared weights; the bias is not penalised.
 * scikit-learn's {@code alpha} is {@code strength * examples}.
 */
final class RidgeRegression implements ProbeTrainer {
  private final double[] strengths;

  /**
   * Makes a trainer.
   *
   * @param strengths of the penalty, each above 0
   */
  RidgeRegression(double... strengths) {
    if (strengths.length == 0 || Arrays.stream(strengths).anyMatch(s -> !(s > 0))) {
      throw new IllegalArgumentException(
          "Name at least one strength of the ridge penalty, each above 0; got "
              + Arrays.toString(strengths));
    }
    this.strengths = strengths.clone();
  }

  @Override
  public String name() {
    return "ridge regression";
  }

  @Override
  public List<String> settings() {
    return Arrays.stream(strengths).mapToObj(s -> "ridge " + s).toList();
  }

  @Override
  public void check(Labels labels) {
    ProbeTrainer.requireNumbers(labels, name());
  }

  @Override
  public List<Probe> train(TrainingSet set) {
    check(set.labels());
    Labels.Numbers numbers = (Labels.Numbers) set.labels();
    Standardised features = set.standardised();
    int rows = features.rows();
    int columns = features.columns();
    int outputs = numbers.names().size();
    double[] mean = new double[outputs];
    for (int row : set.rows()) {
      for (int o = 0; o < outputs; o++) {
        mean[o] += numbers.values()[row][o] / rows;
      }
    }
    double[] centred = new double[rows * outputs];
    for (int i = 0; i < rows; i++) {
      for (int o = 0; o < outputs; o++) {
        centred[i * outputs + o] = numbers.values()[set.rows()[i]][o] - mean[o];
      }
    }
    double[] gram;
    double[] right;
    try (NDManager scope = features.manager().newSubManager()) {
      // in float64: a float32 Gram matrix of correlated features may not be positive
      NDArray wide = features.matrix().toType(DataType.FLOAT64, true);
      wide.attach(scope);
      NDArray transposed = wide.transpose();
      gram = Tensors.doubles(transposed.matMul(wide));
      right = Tensors.doubles(transposed.matMul(scope.create(centred, new Shape(rows, outputs))));
    }
    List<Probe> probes = new ArrayList<>();
    for (double strength : strengths) {
      double[][] weights = solve(gram, right, columns, outputs, strength * rows);
      probes.add(new LinearProbe(features.raw(weights, mean), Probe.Output.NUMBERS));
    }
    return List.copyOf(probes);
  }

  /** Returns the weights, [output][feature]. */
  private static double[][] solve(
      double[] gram, double[] right, int columns, int outputs, double penalty) {
    DMatrixRMaj system = DMatrixRMaj.wrap(columns, columns, gram.clone());
    for (int i = 0; i < columns; i++) {
      system.add(i, i, penalty);
    }
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(columns);
    if (!solver.setA(system)) {
      throw new IllegalArgumentException(
          "The ridge penalty is too small for these %d features to be solved for; take a stronger one"
              .formatted(columns));
    }
    DMatrixRMaj solution = new DMatrixRMaj(columns, outputs);
    solver.solve(DMatrixRMaj.wrap(columns, outputs, right.clone()), solution);
    double[][] weights = new double[outputs][columns];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < columns; i++) {
        weights[o][i] = solution.get(i, o);
      }
    }
    return weights;
  }
}
