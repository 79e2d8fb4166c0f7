package io.loupe.workbench.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.GaussLegendre;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Optional;

/** Methods that read the gradient of the metric at the token embeddings. */
final class EmbeddingGradients {
  private static final HookPoint EMBED = Sites.EMBED.here();

  private EmbeddingGradients() {}

  /** The length of the gradient (Simonyan et al. 2014; Li et al. 2016). */
  record Norm() implements InputAttribution {
    @Override
    public String name() {
      return "gradient norm";
    }

    @Override
    public boolean signed() {
      return false;
    }

    @Override
    public TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric) {
      try (Gradients gradients = model.gradients(tokens, metric, EMBED)) {
        double[] values = TokenAttribution.requireNumbers(gradients.metric());
        double[] gradient = Tensors.doubles(gradients.at(EMBED));
        double[][] squares = sums(tokens, gradient, gradient);
        for (double[] row : squares) {
          Arrays.setAll(row, i -> Math.sqrt(row[i]));
        }
        return new TokenAttribution(this, model, tokens, squares, values);
      }
    }
  }

  /** The product of embedding and gradient (Denil et al. 2014; Shrikumar et al. 2017). */
  record TimesInput() implements InputAttribution {
    @Override
    public String name() {
      return "input x gradient";
    }

    @Override
    public boolean signed() {
      return true;
    }

    @Override
    public TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric) {
      try (Gradients gradients = model.gradients(tokens, metric, EMBED)) {
        double[] values = TokenAttribution.requireNumbers(gradients.metric());
        double[] gradient = Tensors.doubles(gradients.at(EMBED));
        double[] input = Tensors.doubles(gradients.run().cache().get(EMBED));
        return new TokenAttribution(this, model, tokens, sums(tokens, input, gradient), values);
      }
    }
  }

  /**
   * Gradients along the straight line from a baseline to the input (Sundararajan et al. 2017).
   *
   * @param steps at how many points the gradient is taken
   */
  record Integrated(int steps, Baseline baseline) implements InputAttribution {
    Integrated {
      if (steps < 1) {
        throw new IllegalArgumentException(
            "Integrated gradients need at least one step; got " + steps);
      }
    }

    @Override
    public String name() {
      return "integrated gradients (%d steps, %s)".formatted(steps, baseline);
    }

    @Override
    public boolean signed() {
      return true;
    }

    @Override
    public TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric) {
      try (NDManager scope = Engines.newManager(model.device())) {
        NDArray from = baseline.embedding(model, scope); // [d_model]
        double[] input;
        double[] values;
        try (Run run = model.run(tokens, Capture.at(EMBED))) {
          input = Tensors.doubles(run.cache().get(EMBED));
          values = TokenAttribution.requireNumbers(metric.perExample(run));
        }
        double[] atBaseline;
        try (Run run = model.with(between(from, scope, 1, new double[] {0})).run(tokens)) {
          atBaseline = metric.perExample(run);
        }
        double[] gradient = integral(model, tokens, metric, from, scope);
        double[] low = Tensors.doubles(from);
        for (int i = 0; i < input.length; i++) {
          input[i] -= low[i % low.length];
        }
        double[][] scores = sums(tokens, input, gradient);
        double[] errors = new double[values.length];
        Arrays.setAll(
            errors,
            row -> {
              double change = values[row] - atBaseline[row];
              return (Arrays.stream(scores[row]).sum() - change) / Math.abs(change);
            });
        return new TokenAttribution(this, model, tokens, scores, values, Optional.of(errors));
      }
    }

    /** Returns the mean gradient along the line, in the shape of the embeddings. */
    private double[] integral(
        HookedTransformer model, Tokens tokens, Metric metric, NDArray from, NDManager scope) {
      GaussLegendre points = GaussLegendre.of(steps);
      int most = Copies.most(model, tokens);
      double[] integral = new double[0];
      for (int first = 0; first < steps; first += most) {
        int copies = Math.min(most, steps - first);
        double[] shares = Arrays.copyOfRange(points.points(), first, first + copies);
        HookedTransformer moved = model.with(between(from, scope, tokens.batch(), shares));
        Metric each = Copies.each(metric, tokens, copies);
        try (Gradients gradients = moved.gradients(tokens.repeat(copies), each, EMBED)) {
          double[] all = Tensors.doubles(gradients.at(EMBED));
          int size = all.length / copies;
          integral = integral.length == 0 ? new double[size] : integral;
          for (int copy = 0; copy < copies; copy++) {
            for (int i = 0; i < size; i++) {
              integral[i] += points.weights()[first + copy] * all[copy * size + i];
            }
          }
        }
      }
      return integral;
    }

    /** Puts each copy's embeddings a share of the way from the baseline to what they were. */
    private Intervention between(NDArray from, NDManager scope, int batch, double[] shares) {
      double[] perRow = new double[batch * shares.length];
      Arrays.setAll(perRow, row -> shares[row / batch]);
      NDArray share =
          scope.create(perRow, new Shape(perRow.length, 1, 1)).toType(from.getDataType(), false);
      return Interventions.edit(
          EMBED, Slice.ALL, "towards " + baseline, x -> x.sub(from).mul(share).add(from));
    }
  }

  /** Sums products over the embedding's entries, for each row's own tokens, [row][position]. */
  private static double[][] sums(Tokens tokens, double[] a, double[] b) {
    int width = a.length / (tokens.batch() * tokens.length());
    double[][] sums = new double[tokens.batch()][];
    for (int row = 0; row < sums.length; row++) {
      int[] columns = tokens.columns(row);
      sums[row] = new double[columns.length];
      for (int i = 0; i < columns.length; i++) {
        int from = (row * tokens.length() + columns[i]) * width;
        for (int j = from; j < from + width; j++) {
          sums[row][i] += a[j] * b[j];
        }
      }
    }
    return sums;
  }
}
