package io.loupe.probes.benchmarks;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.score.Scores;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.Scaling;
import io.loupe.probes.trainer.Trainers;
import io.loupe.probes.trainer.TrainingSet;
import io.loupe.probes.tribuo.TribuoTrainers;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.benchmarks.PeakMemory;
import io.loupe.workbench.benchmarks.TemporaryFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Logistic regression on the features of 13 layers, 10,000 examples x 768 dimensions, against
 * scikit-learn's on the same files, layer by layer in turn: standardising, fitting and scoring,
 * with the same penalty (scikit-learn's default). scikit-learn may iterate until it is done.
 * Features have a decaying spectrum, as activations have, and classes that overlap.
 */
public final class ProbeBenchmark implements Benchmark {
  private static final int LAYERS = 13;
  private static final double MEGABYTE = 1 << 20;

  /** Of the penalty: the middle one of those that probes try. */
  private static final double STRENGTH = 1e-2;

  private final int rows;
  private final int columns;
  private final int classes;

  /** Measures 10,000 examples of 768 dimensions in 12 classes. */
  public ProbeBenchmark() {
    this(10_000, 768, 12);
  }

  ProbeBenchmark(int rows, int columns, int classes) {
    this.rows = rows;
    this.columns = columns;
    this.classes = classes;
  }

  @Override
  public String name() {
    return "probes";
  }

  @Override
  public String summary() {
    return "13 probes on 10,000 examples x 768 against scikit-learn's LogisticRegression";
  }

  @Override
  public List<Measurement> run(BenchContext context) throws IOException {
    if (context.onGpu()) {
      throw new IllegalArgumentException("bench probes runs on the cpu; got " + context.device());
    }
    List<Measurement> measurements = new ArrayList<>();
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor((long) rows * (columns + 1) * 4);
        ScikitLearn scikit = ScikitLearn.start(folder.path())) {
      context.progress().accept("scikit-learn " + scikit.version());
      speed(context, folder.path(), scikit, measurements);
    }
    memory(context, measurements);
    return measurements;
  }

  /** A layer's numbers of both sides. */
  private record Layer(double seconds, double accuracy, double loss, ScikitLearn.Fit theirs) {}

  private void speed(
      BenchContext context, Path folder, ScikitLearn scikit, List<Measurement> measurements)
      throws IOException {
    List<Layer> layers = new ArrayList<>();
    Synthetic warm = new Synthetic(rows / 10, columns, classes, 0);
    fit(Trainers.logistic(STRENGTH), warm.features(), warm.labels());
    double tribuo = 0;
    for (int layer = 0; layer < LAYERS; layer++) {
      Synthetic own = new Synthetic(rows, columns, classes, layer + 1);
      Path features = folder.resolve("features");
      Path labels = folder.resolve("labels");
      own.write(features, labels);
      ScikitLearn.Fit theirs =
          scikit.fit(features, labels, columns, train(), 1 / (STRENGTH * train()));
      double[] ours = fit(Trainers.logistic(STRENGTH), own.features(), own.labels());
      layers.add(new Layer(ours[0], ours[1], ours[2], theirs));
      context
          .progress()
          .accept(
              "layer %d: %.2f s and %.2f s, accuracy %.4f and %.4f"
                  .formatted(layer, ours[0], theirs.seconds(), ours[1], theirs.accuracy()));
      if (layer == 0) {
        context.progress().accept("Tribuo's SGD, one layer");
        tribuo = fit(TribuoTrainers.logisticSgd(0.1, 5), own.features(), own.labels())[0];
      }
    }
    double our = layers.stream().mapToDouble(Layer::seconds).sum();
    double their = layers.stream().mapToDouble(layer -> layer.theirs.seconds()).sum();
    measurements.add(Measurement.of("13 probes", our, "s"));
    measurements.add(Measurement.of("13 of scikit-learn", their, "s"));
    measurements.add(new Measurement("probes / scikit-learn", our / their, "x", Bar.atMost(1)));
    measurements.add(
        new Measurement(
            "test accuracy below scikit-learn's, worst layer",
            100 * worst(layers, layer -> layer.theirs.accuracy() - layer.accuracy),
            "points",
            Bar.atMost(0.5)));
    measurements.add(
        new Measurement(
            "training loss over scikit-learn's, worst layer",
            worst(layers, layer -> layer.loss / layer.theirs.loss()),
            "x",
            Bar.atMost(1.001)));
    measurements.add(
        Measurement.of("Tribuo's SGD, 5 epochs, one layer", tribuo * LAYERS / our, "x of ours"));
  }

  private static double worst(List<Layer> layers, ToDoubleFunction<Layer> of) {
    return layers.stream().mapToDouble(of).max().orElseThrow();
  }

  private int train() {
    return rows * 4 / 5;
  }

  /** Returns seconds, test accuracy and, of our own trainer, the training loss. */
  private static double[] fit(ProbeTrainer trainer, Features features, Labels.Classes labels) {
    int[] train = IntStream.range(0, features.rows() * 4 / 5).toArray();
    int[] test = IntStream.range(train.length, features.rows()).toArray();
    long begin = System.nanoTime();
    try (TrainingSet set =
        TrainingSet.of(features, labels, train, 0, Origin.given("synthetic", "layer"))) {
      Probe probe = trainer.train(set).get(0);
      double accuracy = Scores.of(probe, features, labels, test).value();
      double seconds = (System.nanoTime() - begin) / 1e9;
      return new double[] {seconds, accuracy, loss(probe, features, labels, train)};
    }
  }

  /** Returns the mean cross-entropy and the penalty, in float64. */
  private static double loss(Probe probe, Features features, Labels.Classes labels, int[] train) {
    LinearMap map = probe.linear().orElseThrow();
    double[] scale = Scaling.of(features, train).scale();
    double loss = 0;
    double[][] predictions = probe.predict(features, train);
    for (int i = 0; i < train.length; i++) {
      loss -= Math.log(predictions[i][labels.of()[train[i]]]) / train.length;
    }
    for (double[] weights : map.weights()) {
      for (int i = 0; i < weights.length; i++) {
        double standardised = scale[i] == 0 ? 0 : weights[i] / scale[i];
        loss += STRENGTH / 2 * standardised * standardised;
      }
    }
    return loss;
  }

  private void memory(BenchContext context, List<Measurement> measurements) throws IOException {
    if (!PeakMemory.isKnown()) {
      context.progress().accept("peak memory is read from /proc, which this system has not");
      return;
    }
    context.progress().accept("peak memory of a JVM that trains on all layers");
    double bytes = (double) LAYERS * rows * columns * Float.BYTES;
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(1 << 20)) {
      // a heap of fixed size, so that the collector's laziness is not measured
      double peak =
          PeakMemory.of(
              ProbeBenchmark.class,
              List.of("-Xmn48m", "-Xmx%dm".formatted((int) (bytes / MEGABYTE * 1.1) + 80)),
              "%d %d %d".formatted(rows, columns, classes),
              folder.path());
      measurements.add(Measurement.of("features of 13 layers", bytes / MEGABYTE, "MB"));
      measurements.add(Measurement.of("peak of the whole JVM", peak / MEGABYTE, "MB"));
      measurements.add(new Measurement("peak / features", peak / bytes, "x", Bar.atMost(2)));
    }
  }

  /** Trains on all layers' features, held at once, and writes the peak of this JVM to a file. */
  public static void main(String[] sizesAndResult) throws IOException {
    int[] sizes = Arrays.stream(sizesAndResult[0].split(" ")).mapToInt(Integer::parseInt).toArray();
    List<Synthetic> layers = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      layers.add(new Synthetic(sizes[0], sizes[1], sizes[2], layer));
    }
    double sum = 0;
    for (Synthetic layer : layers) {
      sum += fit(Trainers.logistic(STRENGTH), layer.features(), layer.labels())[1];
    }
    if (!(sum > 0)) {
      throw new IllegalStateException("no probe learnt anything");
    }
    PeakMemory.write(Path.of(sizesAndResult[1]));
  }

  /** Features of one layer: 64 directions of decaying size and noise, class means in 16 of them. */
  private record Synthetic(Features features, Labels.Classes labels) {
    private static final int RANK = 64;

    Synthetic(int rows, int columns, int classes, long seed) {
      this(new Random(seed), new float[rows * columns], columns, classes, new int[rows]);
    }

    private Synthetic(Random random, float[] values, int columns, int classes, int[] of) {
      this(Features.of(fill(random, values, columns, classes, of), columns), named(classes, of));
    }

    private static float[] fill(Random random, float[] values, int columns, int classes, int[] of) {
      float[][] basis = new float[RANK][columns];
      for (float[] direction : basis) {
        for (int i = 0; i < columns; i++) {
          direction[i] = (float) random.nextGaussian();
        }
      }
      double[][] means = new double[classes][16];
      for (double[] mean : means) {
        Arrays.setAll(mean, i -> 0.8 * random.nextGaussian());
      }
      for (int row = 0; row < of.length; row++) {
        of[row] = random.nextInt(classes);
        int first = row * columns;
        for (int i = 0; i < columns; i++) {
          values[first + i] = (float) (0.5 * random.nextGaussian());
        }
        for (int k = 0; k < RANK; k++) {
          double own = random.nextGaussian() + (k % 4 == 0 ? means[of[row]][k / 4] : 0);
          float size = (float) (own * Math.pow(1 + k, -0.7));
          float[] direction = basis[k];
          for (int i = 0; i < columns; i++) {
            values[first + i] += size * direction[i];
          }
        }
      }
      return values;
    }

    private static Labels.Classes named(int classes, int[] of) {
      return new Labels.Classes(
          IntStream.range(0, classes).mapToObj(c -> "class " + c).toList(), of);
    }

    void write(Path featureFile, Path labelFile) throws IOException {
      ByteBuffer bytes =
          ByteBuffer.allocate(features.values().length * 4).order(ByteOrder.nativeOrder());
      bytes.asFloatBuffer().put(features.values());
      Files.write(featureFile, bytes.array());
      ByteBuffer ofEach = ByteBuffer.allocate(labels.size() * 4).order(ByteOrder.nativeOrder());
      ofEach.asIntBuffer().put(labels.of());
      Files.write(labelFile, ofEach.array());
    }
  }
}
