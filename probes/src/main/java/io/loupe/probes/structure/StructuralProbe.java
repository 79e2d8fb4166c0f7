package io.loupe.probes.structure;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.probes.data.Features;
import io.loupe.probes.trainer.Scaling;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.train.Training;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A structural probe (Hewitt and Manning 2019): a linear map B after which the squared distance of
 * two words is that in the tree, or the squared length of a word its depth. It minimises, over
 * sentences, the mean over scored pairs (or words) of the absolute difference. Features are divided
 * by their standard deviation over the training words, and not centred. Immutable.
 */
public final class StructuralProbe {
  /** What is read from the geometry. */
  public enum Kind {
    /** The number of edges between two words. */
    DISTANCE,
    /** The number of edges between a word and the root. */
    DEPTH
  }

  private static final String MAP = "structural map";

  private final Kind kind;
  private final double[][] map; // [rank][feature], of features as they are
  private final TrainingCurve curve;

  private StructuralProbe(Kind kind, double[][] map, TrainingCurve curve) {
    this.kind = kind;
    this.map = map;
    this.curve = curve;
  }

  /**
   * Trains a probe.
   *
   * @param features of all words
   * @param trees to train on
   * @param rank rows of B, 1 to the number of features
   * @param options e.g. {@code TrainingOptions.adam(300, 20, 1e-2, seed)}; a batch is of sentences,
   *     and the seed also draws the first B
   * @throws IllegalArgumentException if there are no trees, one is outside of the features, or a
   *     feature is not finite
   */
  public static StructuralProbe train(
      Features features, List<Tree> trees, Kind kind, int rank, TrainingOptions options) {
    if (trees.isEmpty() || rank < 1 || rank > features.columns()) {
      throw new IllegalArgumentException(
          "Expected trees and a rank of 1 to %d; got %d trees and rank %d"
              .formatted(features.columns(), trees.size(), rank));
    }
    trees.forEach(tree -> requireInside(tree, features));
    features.requireFinite("the words");
    int[] rows =
        trees.stream()
            .flatMapToInt(tree -> IntStream.range(tree.first(), tree.first() + tree.size()))
            .toArray();
    double[] scale = Scaling.of(features, rows).scale();
    int columns = features.columns();
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      Random random = new Random(options.seed());
      double[] first = random.doubles((long) columns * rank, -0.05, 0.05).toArray();
      NDArray own = scope.create(first, new Shape(columns, rank)).toType(DataType.FLOAT32, true);
      TrainingCurve curve =
          Training.run(
              MAP,
              Map.of(MAP, own),
              trees.size(),
              (parameters, examples, step, losses) -> {
                NDArray b = parameters.values().iterator().next();
                List<Tree> batch = Arrays.stream(examples).mapToObj(trees::get).toList();
                losses.add(MAP, loss(features, scale, batch, kind, b, step));
              },
              options);
      double[][] trained = Tensors.matrix(own);
      double[][] map = new double[rank][columns];
      for (int i = 0; i < columns; i++) {
        for (int r = 0; r < rank; r++) {
          map[r][i] = trained[i][r] * scale[i];
        }
      }
      return new StructuralProbe(kind, map, curve);
    }
  }

  private static void requireInside(Tree tree, Features features) {
    if (tree.first() < 0 || tree.first() + tree.size() > features.rows()) {
      throw new IllegalArgumentException(
          "A tree is over words %d to %d, and there are features of %d words"
              .formatted(tree.first(), tree.first() + tree.size() - 1, features.rows()));
    }
  }

  /** Returns the loss of a batch of sentences, padded to the longest. */
  private static NDArray loss(
      Features features, double[] scale, List<Tree> batch, Kind kind, NDArray b, NDManager step) {
    int longest = batch.stream().mapToInt(Tree::size).max().orElseThrow();
    int columns = features.columns();
    int width = kind == Kind.DISTANCE ? longest : 1;
    float[] words = new float[batch.size() * longest * columns];
    float[] target = new float[batch.size() * longest * width];
    float[] weight = new float[target.length];
    for (int s = 0; s < batch.size(); s++) {
      Tree tree = batch.get(s);
      for (int w = 0; w < tree.size(); w++) {
        for (int i = 0; i < columns; i++) {
          words[(s * longest + w) * columns + i] =
              (float) (features.at(tree.first() + w, i) * scale[i]);
        }
      }
      int[] scored = tree.scored();
      int[][] distances = kind == Kind.DISTANCE ? tree.distances() : new int[0][];
      int[] depths = tree.depths();
      for (int i : scored) {
        for (int j : kind == Kind.DISTANCE ? scored : new int[] {0}) {
          int at = (s * longest + i) * width + j;
          target[at] = kind == Kind.DISTANCE ? distances[i][j] : depths[i];
          double terms = kind == Kind.DISTANCE ? scored.length * scored.length : scored.length;
          weight[at] = (float) (1.0 / terms / batch.size());
        }
      }
    }
    Shape shape = new Shape(batch.size(), longest, width);
    NDArray mapped =
        step.create(words, new Shape(batch.size(), longest, columns)).matMul(b); // [s, word, rank]
    NDArray squares = mapped.square().sum(new int[] {2}, true); // [s, word, 1]
    NDArray predicted =
        kind == Kind.DEPTH
            ? squares
            : squares
                .add(squares.transpose(0, 2, 1))
                .sub(mapped.matMul(mapped.transpose(0, 2, 1)).mul(2));
    return predicted.sub(step.create(target, shape)).abs().mul(step.create(weight, shape)).sum();
  }

  /** Returns what it reads. */
  public Kind kind() {
    return kind;
  }

  /** Returns how training went. */
  public TrainingCurve curve() {
    return curve;
  }

  /** Returns a copy of B, of features as they are; [rank][feature]. */
  public double[][] map() {
    return Arrays.stream(map).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the squared distances that it reads; [word][word]. */
  public double[][] distances(Features features, Tree tree) {
    double[][] mapped = mapped(features, tree);
    double[][] distances = new double[tree.size()][tree.size()];
    for (int i = 0; i < distances.length; i++) {
      for (int j = 0; j < distances.length; j++) {
        for (int r = 0; r < map.length; r++) {
          distances[i][j] += (mapped[i][r] - mapped[j][r]) * (mapped[i][r] - mapped[j][r]);
        }
      }
    }
    return distances;
  }

  /** Returns the squared lengths that it reads; [word]. */
  public double[] depths(Features features, Tree tree) {
    return Arrays.stream(mapped(features, tree))
        .mapToDouble(word -> Arrays.stream(word).map(x -> x * x).sum())
        .toArray();
  }

  private double[][] mapped(Features features, Tree tree) {
    requireInside(tree, features);
    if (features.columns() != map[0].length) {
      throw new IllegalArgumentException(
          "The probe was trained on %d features, these words have %d"
              .formatted(map[0].length, features.columns()));
    }
    double[][] mapped = new double[tree.size()][map.length];
    for (int w = 0; w < mapped.length; w++) {
      for (int r = 0; r < map.length; r++) {
        for (int i = 0; i < map[r].length; i++) {
          mapped[w][r] += map[r][i] * features.at(tree.first() + w, i);
        }
      }
    }
    return mapped;
  }
}
