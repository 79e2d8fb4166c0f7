package io.loupe.workbench.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Value zeroing (Mohebbi et al. 2023): in each layer, how much the vector of position i behind the
 * layer turns (cosine distance) when the value of token j is zero in all heads of that layer, each
 * row divided by its sum. Unlike attention it counts the values, the residual connection, norms and
 * the MLP. Rolled out without a further residual term.
 *
 * <p>Zero is a value that depends on the gauge of the weights where values have a bias.
 */
public final class ValueZeroing {
  private ValueZeroing() {}

  /**
   * Measures one prompt; runs the layers again for every token.
   *
   * @throws IllegalArgumentException for a batch
   */
  public static AttentionMaps of(HookedTransformer model, Tokens tokens) {
    if (tokens.batch() != 1) {
      throw new IllegalArgumentException(
          "Value zeroing is of one prompt; got a batch of %d: call it for each, Tokens.of(tokens.row(i))"
              .formatted(tokens.batch()));
    }
    Tokens own = Tokens.of(tokens.row(0)); // padding is seen by nobody
    List<double[][]> layers = new ArrayList<>();
    try (Run run = model.run(own, Capture.of(Sites.RESID_PRE, Sites.RESID_POST))) {
      for (int layer = 0; layer < model.config().layers(); layer++) {
        layers.add(layer(model, own, layer, run));
      }
    }
    List<String> labels = TokenAttribution.labels(model, own).get(0);
    return new AttentionMaps("value zeroing", labels, model.config().causal(), layers);
  }

  private static double[][] layer(HookedTransformer model, Tokens tokens, int layer, Run run) {
    HookPoint after = Sites.RESID_POST.at(layer);
    double[][] whole = matrix(run.cache().get(after), 0);
    int length = tokens.length();
    boolean causal = model.config().attention().get(layer).mask().causal();
    double[][] distances = new double[length][length];
    int most = Copies.most(model, tokens);
    for (int first = 0; first < length; first += most) {
      int copies = Math.min(most, length - first);
      try (NDManager scope = Engines.newManager(model.device());
          Run zeroed = zeroed(model, tokens, layer, first, copies, run, scope)) {
        for (int copy = 0; copy < copies; copy++) {
          double[][] without = matrix(zeroed.cache().get(after), copy);
          // what a causal layer cannot tell is rounding
          for (int to = causal ? first + copy : 0; to < length; to++) {
            distances[to][first + copy] = cosineDistance(whole[to], without[to]);
          }
        }
      }
    }
    for (int to = 0; to < length; to++) {
      double sum = Arrays.stream(distances[to]).sum();
      for (int from = 0; from < length; from++) {
        // a position that nothing turns is made of itself
        distances[to][from] = sum > 0 ? distances[to][from] / sum : from == to ? 1 : 0;
      }
    }
    return distances;
  }

  /** Runs copies, each with another token's value zero in the layer. */
  private static Run zeroed(
      HookedTransformer model,
      Tokens tokens,
      int layer,
      int first,
      int copies,
      Run run,
      NDManager scope) {
    double[] keep = new double[copies * tokens.length()];
    Arrays.fill(keep, 1);
    for (int copy = 0; copy < copies; copy++) {
      keep[copy * tokens.length() + first + copy] = 0;
    }
    NDArray factor =
        scope.create(keep, new Shape(copies, tokens.length(), 1, 1)).toType(model.type(), false);
    Intervention zero =
        Interventions.edit(Sites.V.at(layer), Slice.ALL, "zero values", v -> v.mul(factor));
    Capture capture = Capture.at(Sites.RESID_POST.at(layer));
    if (!model.interventions().isEmpty()) {
      return model.with(zero).run(tokens, capture); // those before the layer must fire again
    }
    NDArray before = run.cache().get(Sites.RESID_PRE.at(layer)).stopGradient();
    before.attach(scope);
    NDArray stacked = Tensors.copies(before, copies);
    return model.with(zero).runFrom(layer, stacked, tokens.repeat(copies), capture);
  }

  private static double[][] matrix(NDArray activation, int row) {
    try (NDArray one = activation.get(row)) {
      return Tensors.matrix(one);
    }
  }

  private static double cosineDistance(double[] a, double[] b) {
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squareA += a[i] * a[i];
      squareB += b[i] * b[i];
    }
    if (Arrays.equals(a, b)) {
      return 0;
    }
    return squareA == 0 || squareB == 0
        ? 1
        : Math.max(0, 1 - product / Math.sqrt(squareA * squareB));
  }
}
