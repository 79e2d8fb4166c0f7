package io.loupe.probes.tribuo;

import io.loupe.probes.trainer.LinearMap;
import java.util.Arrays;
import java.util.List;
import org.tribuo.Model;
import org.tribuo.classification.Label;
import org.tribuo.common.liblinear.LibLinearModel;
import org.tribuo.common.sgd.AbstractLinearSGDModel;
import org.tribuo.impl.ArrayExample;
import org.tribuo.math.la.DenseMatrix;
import org.tribuo.multilabel.MultiLabel;
import org.tribuo.regression.Regressor;

/** Reads the linear maps of standardised features off Tribuo's models. */
final class TribuoWeights {
  private TribuoWeights() {}

  /** One that a class without training examples gets. */
  private static final double NEVER = -1e4;

  /** Of a linear model trained by gradient descent: the last column of its weights is the bias. */
  static LinearMap ofSgd(Model<?> model, List<String> outputs, int columns) {
    DenseMatrix own = ((AbstractLinearSGDModel<?>) model).getWeightsCopy();
    double[][] weights = new double[outputs.size()][columns];
    double[] bias = new double[outputs.size()];
    for (int o = 0; o < outputs.size(); o++) {
      int id = id(model, outputs.get(o));
      if (id < 0) {
        bias[o] = NEVER;
        continue;
      }
      for (int i = 0; i < columns; i++) {
        weights[o][i] = own.get(id, i);
      }
      bias[o] = own.get(id, columns);
    }
    return new LinearMap(weights, bias);
  }

  /**
   * Of a LibLinear model: one class against the rest. Two classes share one vector, which stands
   * for one and, negated, for the other: each gets half, so that their difference is the margin.
   */
  static LinearMap ofLibLinear(Model<?> model, List<String> outputs, int columns) {
    de.bwaldvogel.liblinear.Model own = ((LibLinearModel<?>) model).getInnerModels().get(0);
    double[][] weights = new double[outputs.size()][columns];
    double[] bias = new double[outputs.size()];
    int[] labels = own.getLabels();
    double share = labels.length == 2 ? 0.5 : 1;
    Arrays.fill(bias, NEVER);
    for (int o = 0; o < outputs.size(); o++) {
      int id = id(model, outputs.get(o));
      for (int l = 0; l < labels.length; l++) {
        if (labels[l] == id) {
          // liblinear counts features from 1
          for (int i = 0; i < columns; i++) {
            weights[o][i] = share * own.getDecfunCoef(i + 1, l);
          }
          bias[o] = share * own.getDecfunBias(l);
        }
      }
    }
    return new LinearMap(weights, bias);
  }

  /** Of a regression, by what it says to no feature and to each feature alone. */
  static LinearMap ofRegression(Model<?> model, List<String> outputs, int columns) {
    String[] names = TribuoData.names(columns);
    Model<Regressor> own = model.castModel(Regressor.class);
    double[] bias = predicted(own, outputs, names, new double[columns]);
    double[][] weights = new double[outputs.size()][columns];
    for (int i = 0; i < columns; i++) {
      double[] unit = new double[columns];
      unit[i] = 1;
      double[] with = predicted(own, outputs, names, unit);
      for (int o = 0; o < weights.length; o++) {
        weights[o][i] = with[o] - bias[o];
      }
    }
    return new LinearMap(weights, bias);
  }

  private static double[] predicted(
      Model<Regressor> model, List<String> outputs, String[] names, double[] values) {
    Regressor unknown = new Regressor(outputs.toArray(String[]::new), new double[outputs.size()]);
    Regressor prediction = model.predict(new ArrayExample<>(unknown, names, values)).getOutput();
    return outputs.stream()
        .mapToDouble(name -> prediction.getDimension(name).orElseThrow().getValue())
        .toArray();
  }

  /** Returns Tribuo's number of a class or tag; -1 if training had none of it. */
  private static int id(Model<?> model, String output) {
    boolean tags = model.validate(MultiLabel.class);
    return tags
        ? model.castModel(MultiLabel.class).getOutputIDInfo().getID(new MultiLabel(output))
        : model.castModel(Label.class).getOutputIDInfo().getID(new Label(output));
  }
}
