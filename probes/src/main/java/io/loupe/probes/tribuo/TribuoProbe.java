package io.loupe.probes.tribuo;

import io.loupe.probes.data.Features;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.Scaling;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tribuo.Example;
import org.tribuo.Model;
import org.tribuo.Prediction;
import org.tribuo.classification.Label;
import org.tribuo.multilabel.MultiLabel;
import org.tribuo.multilabel.MultiLabelFactory;
import org.tribuo.regression.Regressor;

/** A model of Tribuo's as a probe; predictions are Tribuo's own. */
public final class TribuoProbe implements Probe {
  private final Model<?> model;
  private final Scaling scaling;
  private final List<String> outputs;
  private final Output output;
  private final @Nullable LinearMap map;

  /**
   * Makes a probe.
   *
   * @param outputs names of the classes, numbers or tags, in the labels' order
   * @param map of features as they are; null if the model is not linear
   */
  public TribuoProbe(
      Model<?> model,
      Scaling scaling,
      List<String> outputs,
      Output output,
      @Nullable LinearMap map) {
    this.model = model;
    this.scaling = scaling;
    this.outputs = List.copyOf(outputs);
    this.output = output;
    this.map = map;
  }

  /** Returns Tribuo's model, with its provenance. */
  public Model<?> model() {
    return model;
  }

  /** Returns how features are standardised before the model sees them. */
  public Scaling scaling() {
    return scaling;
  }

  /** Returns the names of what is predicted. */
  public List<String> outputs() {
    return outputs;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public double[][] predict(Features features, int[] rows) {
    String[] names = TribuoData.names(features.columns());
    double[][] predictions = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      predictions[i] =
          switch (output) {
            case PROBABILITIES, MARGINS -> classes(features, rows[i], names);
            case TAG_PROBABILITIES -> tags(features, rows[i], names);
            case NUMBERS -> numbers(features, rows[i], names);
          };
    }
    return predictions;
  }

  private double[] classes(Features features, int row, String[] names) {
    Example<Label> example =
        TribuoData.example(features, row, scaling, names, new Label(outputs.get(0)));
    Map<String, Label> scores = model.castModel(Label.class).predict(example).getOutputScores();
    double[] own = new double[outputs.size()];
    for (int c = 0; c < own.length; c++) {
      Label label = scores.get(outputs.get(c));
      // a class that training had no example of
      own[c] = label != null ? label.getScore() : output == Output.MARGINS ? -1e30 : 0;
    }
    return own;
  }

  private double[] tags(Features features, int row, String[] names) {
    Example<MultiLabel> example =
        TribuoData.example(
            features, row, scaling, names, new MultiLabelFactory().getUnknownOutput());
    Prediction<MultiLabel> prediction = model.castModel(MultiLabel.class).predict(example);
    double[] own = new double[outputs.size()];
    for (int t = 0; t < own.length; t++) {
      MultiLabel tag = prediction.getOutputScores().get(outputs.get(t));
      // 0 for a tag that training had no example of
      own[t] = tag == null ? 0 : tag.getLabelScore(new Label(outputs.get(t))).orElse(0);
    }
    return own;
  }

  private double[] numbers(Features features, int row, String[] names) {
    double[] zeros = new double[outputs.size()];
    Example<Regressor> example =
        TribuoData.example(
            features, row, scaling, names, new Regressor(outputs.toArray(String[]::new), zeros));
    Regressor predicted = model.castModel(Regressor.class).predict(example).getOutput();
    for (int n = 0; n < zeros.length; n++) {
      zeros[n] = predicted.getDimension(outputs.get(n)).orElseThrow().getValue();
    }
    return zeros;
  }

  @Override
  public Optional<LinearMap> linear() {
    return Optional.ofNullable(map);
  }
}
