package io.loupe.workbench.steering;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ejml.simple.SimpleMatrix;

/**
 * Makes steering vectors out of the activations of prompts. Judge a vector on prompts that it was
 * not made from, beside a {@link SteeringVector#random} one of the same length.
 */
public final class Steering {
  /** Tokens of one pass; more is no faster, and its activations are what memory is needed for. */
  private static final int TOKENS = 2048;

  private Steering() {}

  /**
   * Returns the mean activation of some prompts minus that of others (Marks and Tegmark 2023,
   * "mass-mean"; Arditi et al. 2024).
   *
   * @param at where each position has one vector, e.g. {@code RESID_POST.at(3)}
   * @param pooling which positions count
   */
  public static SteeringVector differenceOfMeans(
      HookedTransformer model, Tokens positive, Tokens negative, HookPoint at, Pooling pooling) {
    double[] difference =
        minus(
            mean(pooled(model, positive, at, pooling)), mean(pooled(model, negative, at, pooling)));
    String method =
        "difference of means of %d and %d prompts, %s"
            .formatted(positive.batch(), negative.batch(), pooling);
    return new SteeringVector(at, difference, method, model.name());
  }

  /**
   * Returns the mean difference within pairs of prompts that differ in one thing (Rimsky et al.
   * 2024, contrastive activation addition). Its method says in how many pairs the difference points
   * the way that the other pairs' mean does: near one half, the vector is noise.
   *
   * @param positive prompts
   * @param negative as many, row by row their counterparts
   */
  public static SteeringVector contrastive(
      HookedTransformer model, Tokens positive, Tokens negative, HookPoint at, Pooling pooling) {
    double[][] differences = differences(model, positive, negative, at, pooling);
    double[] mean = mean(differences);
    String method =
        "mean difference of %d pairs, %s, %d of them on its side"
            .formatted(differences.length, pooling, agreeing(differences, mean));
    return new SteeringVector(at, mean, method, model.name());
  }

  /**
   * Returns the direction along which the differences within pairs are largest, of the mean
   * difference's length and on its side (Zou et al. 2023, representation reading).
   *
   * @param positive prompts
   * @param negative as many, row by row their counterparts
   */
  public static SteeringVector principal(
      HookedTransformer model, Tokens positive, Tokens negative, HookPoint at, Pooling pooling) {
    double[][] differences = differences(model, positive, negative, at, pooling);
    double[] mean = mean(differences);
    var svd = new SimpleMatrix(differences).svd(true);
    SimpleMatrix first = svd.getV().cols(0, 1);
    double[] direction = Arrays.copyOf(first.getDDRM().getData(), mean.length);
    double[] singular = svd.getSingularValues();
    double share = singular[0] * singular[0] / Arrays.stream(singular).map(x -> x * x).sum();
    double length = Math.sqrt(dot(mean, mean)) * (dot(direction, mean) < 0 ? -1 : 1);
    String method =
        "principal direction of %d paired differences, %s, %.0f %% of their squared length"
            .formatted(differences.length, pooling, 100 * share);
    return new SteeringVector(
        at, Arrays.stream(direction).map(x -> x * length).toArray(), method, model.name());
  }

  /**
   * Returns the mean activation at the last token of prompts that show a task by examples: set at
   * the last token of a prompt without examples, it makes the model do the task if it holds it
   * (Hendel et al. 2023, task vectors).
   */
  public static SteeringVector taskVector(
      HookedTransformer model, Tokens demonstrations, HookPoint at) {
    double[] mean = mean(pooled(model, demonstrations, at, Pooling.last()));
    String method = "mean at the last token of %d prompts".formatted(demonstrations.batch());
    return new SteeringVector(at, mean, method, model.name());
  }

  /**
   * Returns the sum of what heads write, on the mean, at the last token of prompts that show a task
   * by examples (Todd et al. 2024, function vectors). To be added to the stream of a prompt without
   * examples, at its last token.
   *
   * @param heads those that carry the task
   * @param at where it is to be added, e.g. {@code RESID_POST.at(3)}
   * @throws IllegalArgumentException if a norm stands behind the model's attention, so that heads
   *     do not write to the stream themselves
   */
  public static SteeringVector functionVector(
      HookedTransformer model, Tokens demonstrations, HeadSet heads, HookPoint at) {
    requireHeadsThatWrite(model, at);
    if (heads.isEmpty() || heads.minus(model.config().allHeads()).size() > 0) {
      throw new IllegalArgumentException(
          "Name heads of the model, %d layers of %d; got %s"
              .formatted(model.config().layers(), model.config().heads(), heads));
    }
    double[] sum = new double[model.config().dModel()];
    for (int layer : heads.layers()) {
      double[][][] results = lastResults(model, demonstrations, layer);
      for (Head head : heads.inLayer(layer)) {
        for (double[][] row : results) {
          for (int i = 0; i < sum.length; i++) {
            sum[i] += row[head.index()][i] / results.length;
          }
        }
      }
    }
    String method =
        "sum of %s, mean at the last token of %d prompts".formatted(heads, demonstrations.batch());
    return new SteeringVector(at, sum, method, model.name());
  }

  /** Returns each head's mean output at the last token, [all heads, layer by layer][d_model]. */
  static double[][] headMeans(HookedTransformer model, Tokens demonstrations, HookPoint at) {
    requireHeadsThatWrite(model, at);
    int heads = model.config().heads();
    double[][] means = new double[model.config().layers() * heads][model.config().dModel()];
    for (int layer = 0; layer < model.config().layers(); layer++) {
      double[][][] results = lastResults(model, demonstrations, layer);
      for (double[][] row : results) {
        for (int head = 0; head < heads; head++) {
          for (int i = 0; i < row[head].length; i++) {
            means[layer * heads + head][i] += row[head][i] / results.length;
          }
        }
      }
    }
    return means;
  }

  private static void requireHeadsThatWrite(HookedTransformer model, HookPoint at) {
    SteeringVector.requireStream(at);
    model.config().require(at);
    if (model.config().block().norms().hasBehind()) {
      throw new IllegalArgumentException(
          "In this %s model a norm stands between the heads and the stream: no head has a vector of its own to add. Use taskVector"
              .formatted(model.config().family()));
    }
  }

  /** Returns what each head of a layer writes at the last token, [row][head][d_model]. */
  private static double[][][] lastResults(HookedTransformer model, Tokens tokens, int layer) {
    HookPoint at = Sites.RESULT.at(layer);
    List<double[][]> rows = new ArrayList<>();
    for (Tokens part : parts(tokens)) {
      try (Run run = model.run(part, Capture.at(at));
          NDManager scope = Engines.newManager(model.device())) {
        NDArray all = run.cache().get(at);
        for (int row = 0; row < part.batch(); row++) {
          NDArray own = all.get(new NDIndex("{}, {}", row, part.column(row, -1)));
          own.attach(scope);
          rows.add(Tensors.matrix(own));
        }
      }
    }
    return rows.toArray(double[][][]::new);
  }

  /** Returns pooled activations, [row][d], computed in batches. */
  static double[][] pooled(HookedTransformer model, Tokens tokens, HookPoint at, Pooling pooling) {
    SteeringVector.requireStream(at);
    model.config().require(at);
    List<double[]> rows = new ArrayList<>();
    for (Tokens part : parts(tokens)) {
      try (Run run = model.run(part, Capture.at(at));
          NDArray own = pooling.apply(at, run.cache().get(at), part)) {
        rows.addAll(Arrays.asList(Tensors.matrix(own)));
      }
    }
    return rows.toArray(double[][]::new);
  }

  static List<Tokens> parts(Tokens tokens) {
    int rows = Math.max(1, TOKENS / tokens.length());
    List<Tokens> parts = new ArrayList<>();
    for (int from = 0; from < tokens.batch(); from += rows) {
      parts.add(tokens.rows(from, Math.min(tokens.batch(), from + rows)));
    }
    return parts;
  }

  private static double[][] differences(
      HookedTransformer model, Tokens positive, Tokens negative, HookPoint at, Pooling pooling) {
    if (positive.batch() != negative.batch() || positive.batch() < 2) {
      throw new IllegalArgumentException(
          "Pairs need as many positive as negative prompts, at least two; got %d and %d. differenceOfMeans takes prompts without counterparts"
              .formatted(positive.batch(), negative.batch()));
    }
    double[][] ofPositive = pooled(model, positive, at, pooling);
    double[][] ofNegative = pooled(model, negative, at, pooling);
    double[][] differences = new double[ofPositive.length][];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = minus(ofPositive[i], ofNegative[i]);
    }
    return differences;
  }

  /** Counts the pairs that point to the side of the mean of all others. */
  private static int agreeing(double[][] differences, double[] mean) {
    int agreeing = 0;
    for (double[] own : differences) {
      double ofOthers = dot(own, mean) * differences.length - dot(own, own);
      agreeing += ofOthers > 0 ? 1 : 0;
    }
    return agreeing;
  }

  static double[] mean(double[][] rows) {
    double[] mean = new double[rows[0].length];
    for (double[] row : rows) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += row[i] / rows.length;
      }
    }
    return mean;
  }

  private static double[] minus(double[] a, double[] b) {
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }

  static double dot(double[] a, double[] b) {
    double dot = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
    }
    return dot;
  }
}
