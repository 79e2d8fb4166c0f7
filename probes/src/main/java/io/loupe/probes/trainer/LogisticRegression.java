package io.loupe.probes.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.probes.data.Labels;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Logistic regression on standardised features with an L2 penalty, by L-BFGS: a softmax over
 * classes, or a logistic function for each tag. It minimises the mean cross-entropy plus {@code
 * strength / 2} times the squared weights; scikit-learn's {@code C} is {@code 1 / (strength *
 * examples)}. Biases are not penalised. Products are the engine's, in float32; the rest is float64.
 *
 * <p>Two classes have one vector of weights, as scikit-learn's; a softmax over two would penalise
 * half as much.
 */
final class LogisticRegression implements ProbeTrainer {
  private static final double TOLERANCE = 1e-5;
  private static final int ITERATIONS = 500;

  /** The bias of a class that has no training example, under which it is never predicted. */
  private static final double NEVER = -1e4;

  private final boolean tags;
  private final double[] strengths;

  /**
   * Makes a trainer.
   *
   * @param tags whether it learns tags rather than classes
   * @param strengths of the penalty, each above 0; they are fitted from the strongest to the
   *     weakest, each beginning where the one before ended
   */
  LogisticRegression(boolean tags, double... strengths) {
    if (strengths.length == 0 || Arrays.stream(strengths).anyMatch(s -> !(s > 0))) {
      throw new IllegalArgumentException(
          "Name at least one strength of the L2 penalty, each above 0; got "
              + Arrays.toString(strengths));
    }
    this.tags = tags;
    this.strengths = strengths.clone();
  }

  @Override
  public String name() {
    return tags ? "logistic regression of each tag" : "logistic regression";
  }

  @Override
  public List<String> settings() {
    return Arrays.stream(strengths).mapToObj(s -> "L2 " + s).toList();
  }

  @Override
  public void check(Labels labels) {
    if (tags) {
      ProbeTrainer.requireTags(labels, name());
    } else {
      ProbeTrainer.requireClasses(labels, name());
    }
  }

  @Override
  public List<Probe> train(TrainingSet set) {
    check(set.labels());
    Targets targets = targets(set);
    int columns = set.standardised().columns();
    double[] point = new double[targets.outputs() * (columns + 1)];
    Integer[] order = IntStream.range(0, strengths.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (a, b) -> Double.compare(strengths[b], strengths[a]));
    Probe[] probes = new Probe[strengths.length];
    for (int setting : order) {
      try (Loss loss = new Loss(set.standardised(), targets, strengths[setting])) {
        Lbfgs.minimise(loss, point, TOLERANCE, ITERATIONS);
      }
      probes[setting] = probe(set, targets, point, columns);
    }
    return List.of(probes);
  }

  @Override
  public Probe train(TrainingSet set, int setting) {
    return new LogisticRegression(tags, strengths[setting]).train(set).get(0);
  }

  /**
   * What is fitted.
   *
   * @param ofClass the class of each output; for two classes the second
   * @param target [row][output] in row-major order, 0 or 1
   * @param softmax whether outputs of a row compete
   */
  private record Targets(int[] ofClass, float[] target, boolean softmax) {
    int outputs() {
      return ofClass.length;
    }
  }

  private Targets targets(TrainingSet set) {
    int[] rows = set.rows();
    if (set.labels() instanceof Labels.Tags own) {
      int count = own.names().size();
      float[] target = new float[rows.length * count];
      for (int i = 0; i < rows.length; i++) {
        for (int t = 0; t < count; t++) {
          target[i * count + t] = own.has()[rows[i]][t] ? 1 : 0;
        }
      }
      return new Targets(IntStream.range(0, count).toArray(), target, false);
    }
    Labels.Classes classes = (Labels.Classes) set.labels();
    int[] counts = classes.counts(rows);
    int[] there = IntStream.range(0, counts.length).filter(c -> counts[c] > 0).toArray();
    int[] fitted = there.length == 2 ? new int[] {there[1]} : there;
    float[] target = new float[rows.length * fitted.length];
    for (int i = 0; i < rows.length; i++) {
      for (int o = 0; o < fitted.length; o++) {
        target[i * fitted.length + o] = classes.of()[rows[i]] == fitted[o] ? 1 : 0;
      }
    }
    return new Targets(fitted, target, fitted.length > 1);
  }

  private Probe probe(TrainingSet set, Targets targets, double[] point, int columns) {
    int outputs = targets.outputs();
    double[][] weights = new double[outputs][columns];
    double[] bias = new double[outputs];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < columns; i++) {
        weights[o][i] = point[i * outputs + o];
      }
      bias[o] = point[columns * outputs + o];
    }
    LinearMap map = set.standardised().raw(weights, bias);
    if (set.labels() instanceof Labels.Tags) {
      return new LinearProbe(map, Probe.Output.TAG_PROBABILITIES);
    }
    Labels.Classes classes = (Labels.Classes) set.labels();
    double[][] all = new double[classes.names().size()][columns];
    double[] allBias = new double[all.length];
    Arrays.fill(allBias, NEVER);
    for (int o = 0; o < outputs; o++) {
      all[targets.ofClass[o]] = map.weights()[o];
      allBias[targets.ofClass[o]] = map.bias()[o];
    }
    if (outputs == 1) { // the other of two classes has weights 0
      int[] counts = classes.counts(set.rows());
      int other =
          IntStream.range(0, counts.length)
              .filter(c -> counts[c] > 0 && c != targets.ofClass[0])
              .findFirst()
              .orElseThrow();
      allBias[other] = 0;
    }
    return new LinearProbe(new LinearMap(all, allBias), Probe.Output.PROBABILITIES);
  }

  /** Mean cross-entropy and penalty; a point is [feature][output], then [output] biases. */
  private static final class Loss implements Lbfgs.Function, AutoCloseable {
    private final NDManager scope;
    private final NDArray features;
    private final NDArray transposed;
    private final NDArray target;
    private final float[] targets;
    private final boolean softmax;
    private final int rows;
    private final int columns;
    private final int outputs;
    private final double strength;

    Loss(Standardised set, Targets targets, double strength) {
      this.scope = set.manager().newSubManager();
      this.features = set.matrix();
      this.transposed = set.matrix().transpose();
      transposed.attach(scope);
      this.rows = set.rows();
      this.columns = set.columns();
      this.outputs = targets.outputs();
      this.softmax = targets.softmax();
      this.targets = targets.target();
      this.target = scope.create(targets.target(), new Shape(rows, outputs));
      this.strength = strength;
    }

    @Override
    public double at(double[] point, double[] gradient) {
      int weights = columns * outputs;
      float[] narrow = new float[weights];
      for (int i = 0; i < weights; i++) {
        narrow[i] = (float) point[i];
      }
      float[] bias = new float[outputs];
      for (int o = 0; o < outputs; o++) {
        bias[o] = (float) point[weights + o];
      }
      double loss;
      float[] ofWeights;
      double[] ofBias = new double[outputs];
      try (NDManager pass = scope.newSubManager()) {
        // a product belongs to the manager of its first factor until it is attached elsewhere
        NDArray logits = features.matMul(pass.create(narrow, new Shape(columns, outputs)));
        logits.attach(pass);
        logits.addi(pass.create(bias));
        NDArray residual;
        if (softmax) {
          NDArray logs = logits.logSoftmax(1);
          loss = -sum(logs.mul(target).sum(new int[] {1}).toFloatArray()) / rows;
          residual = logs.exp().subi(target);
        } else {
          float[] values = logits.toFloatArray();
          loss = logistic(values) / rows;
          residual = pass.create(values, new Shape(rows, outputs));
        }
        NDArray product = transposed.matMul(residual);
        product.attach(pass);
        ofWeights = product.toFloatArray();
        float[] sums = residual.sum(new int[] {0}).toFloatArray();
        for (int o = 0; o < outputs; o++) {
          ofBias[o] = sums[o];
        }
      }
      double penalty = 0;
      for (int i = 0; i < weights; i++) {
        penalty += point[i] * point[i];
        gradient[i] = ofWeights[i] / rows + strength * point[i];
      }
      for (int o = 0; o < outputs; o++) {
        gradient[weights + o] = ofBias[o] / rows;
      }
      return loss + strength / 2 * penalty;
    }

    /** Returns the sum of the losses and puts the residuals in the logits' place. */
    private double logistic(float[] logits) {
      double loss = 0;
      for (int i = 0; i < logits.length; i++) {
        double x = logits[i];
        double small = Math.exp(-Math.abs(x));
        loss += Math.max(x, 0) - x * targets[i] + Math.log1p(small);
        double probability = x >= 0 ? 1 / (1 + small) : small / (1 + small);
        logits[i] = (float) (probability - targets[i]);
      }
      return loss;
    }

    private static double sum(float[] values) {
      double sum = 0;
      for (float value : values) {
        sum += value;
      }
      return sum;
    }

    @Override
    public void close() {
      scope.close();
    }
  }
}
