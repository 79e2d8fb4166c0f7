package io.loupe.probes.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Reads features off a model: texts run in batches of like length, and of each activation only what
 * the pooling leaves of an example is kept. One pass gives all hook points and poolings.
 */
public final class FeatureCapture {
  /** Tokens of one pass, padding included; more is no faster. */
  private static final int TOKENS = 2048;

  private FeatureCapture() {}

  /**
   * Returns the features of all examples at each spot, in the order of points and, within a point,
   * of poolings. Dimensions behind the position (heads) are laid out in a row.
   *
   * @throws IllegalArgumentException if a point has no positions, an example does not have the
   *     position or span that a pooling asks for, or features would not fit the JVM's memory;
   *     before anything is run
   */
  public static List<SpotFeatures> of(
      HookedTransformer model, ProbeData data, List<HookPoint> points, List<Pooling> poolings) {
    requirePlaces(model, data, points, poolings);
    Weights[][] weights = weights(data, poolings);
    Map<Spot, float[]> values = new LinkedHashMap<>();
    Tokens tokens = data.tokens();
    List<List<Integer>> examplesOf = examplesOf(data);
    int[] rows =
        IntStream.range(0, tokens.batch())
            .filter(row -> !examplesOf.get(row).isEmpty())
            .boxed()
            .sorted(Comparator.comparingInt(tokens::length))
            .mapToInt(row -> row)
            .toArray();
    for (int from = 0; from < rows.length; ) {
      int to = from + 1;
      while (to < rows.length && (to + 1 - from) * tokens.length(rows[to]) <= TOKENS) {
        to++;
      }
      int[] batch = Arrays.copyOfRange(rows, from, to);
      read(model, data, points, poolings, batch, examplesOf, weights, values);
      from = to;
    }
    List<SpotFeatures> all = new ArrayList<>();
    values.forEach(
        (spot, array) ->
            all.add(new SpotFeatures(spot, Features.of(array, array.length / data.size()))));
    return List.copyOf(all);
  }

  private static void read(
      HookedTransformer model,
      ProbeData data,
      List<HookPoint> points,
      List<Pooling> poolings,
      int[] batch,
      List<List<Integer>> examplesOf,
      Weights[][] weights,
      Map<Spot, float[]> values) {
    long[][] ids = Arrays.stream(batch).mapToObj(data.tokens()::row).toArray(long[][]::new);
    Tokens part = Tokens.padded(Tokens.Padding.RIGHT, ids);
    ActivationCache cache = activations(model, part, points);
    for (HookPoint point : points) {
      float[] read;
      int columns;
      try (NDArray activation = cache.get(point)) { // freed now, not when it is collected
        columns = (int) activation.getShape().get(1);
        read = floats(activation);
      }
      int width = read.length / batch.length / columns;
      for (int p = 0; p < poolings.size(); p++) {
        float[] into =
            values.computeIfAbsent(
                new Spot(point, poolings.get(p)), s -> new float[data.size() * width]);
        for (int i = 0; i < batch.length; i++) {
          for (int example : examplesOf.get(batch[i])) {
            pool(read, i * columns, width, weights[p][example], into, example);
          }
        }
      }
    }
  }

  /** Runs no layer behind the last that is asked for, if that is known to change nothing. */
  private static ActivationCache activations(
      HookedTransformer model, Tokens tokens, List<HookPoint> points) {
    // an intervention behind these layers would be reported as never applied
    if (model.interventions().isEmpty() && points.stream().allMatch(p -> p.site().perLayer())) {
      return model.activations(tokens, points);
    }
    return model.run(tokens, Capture.at(points.toArray(HookPoint[]::new))).cache();
  }

  /**
   * How much the positions of an example's text count; those left out count nothing.
   *
   * @param first position
   * @param of the positions from the first on
   */
  private record Weights(int first, float[] of) {}

  /** Adds the weighted vectors of a row's positions to an example's features. */
  private static void pool(
      float[] read, int firstColumn, int width, Weights weights, float[] into, int example) {
    for (int w = 0; w < weights.of.length; w++) {
      float weight = weights.of[w];
      int source = (firstColumn + weights.first + w) * width;
      int target = example * width;
      for (int i = 0; i < width; i++) {
        into[target + i] += weight * read[source + i];
      }
    }
  }

  private static float[] floats(NDArray activation) {
    if (activation.getDataType() == DataType.FLOAT32) {
      return activation.toFloatArray();
    }
    try (NDArray wide = activation.toType(DataType.FLOAT32, true)) {
      return wide.toFloatArray();
    }
  }

  private static List<List<Integer>> examplesOf(ProbeData data) {
    List<List<Integer>> examplesOf = new ArrayList<>();
    IntStream.range(0, data.tokens().batch()).forEach(row -> examplesOf.add(new ArrayList<>()));
    for (int i = 0; i < data.size(); i++) {
      examplesOf.get(data.examples().get(i).row()).add(i);
    }
    return examplesOf;
  }

  /** Returns what each pooling makes of each example; [pooling][example]. */
  private static Weights[][] weights(ProbeData data, List<Pooling> poolings) {
    Weights[][] weights = new Weights[poolings.size()][data.size()];
    for (int p = 0; p < poolings.size(); p++) {
      for (int i = 0; i < data.size(); i++) {
        weights[p][i] = weights(data, i, poolings.get(p));
      }
    }
    return weights;
  }

  private static Weights weights(ProbeData data, int index, Pooling pooling) {
    Example example = data.examples().get(index);
    if (pooling instanceof Pooling.Named named) {
      Span span = data.tokens().span(example.row(), named.span());
      float[] alike = new float[span.length()];
      Arrays.fill(alike, 1f / span.length());
      return new Weights(span.start(), alike);
    }
    // the example's own tokens as a text of their own, so that positions are counted within it
    long[] own =
        Arrays.copyOfRange(data.tokens().row(example.row()), example.start(), example.end());
    double[] within;
    try {
      within = pooling.weights(Tokens.of(own), 0);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Example %d (text %d, tokens %d to %d) has no %s: %s"
              .formatted(
                  index,
                  example.row(),
                  example.start(),
                  example.end() - 1,
                  pooling,
                  e.getMessage()),
          e);
    }
    int from = 0;
    int to = within.length;
    while (from < to && within[from] == 0) {
      from++;
    }
    while (to > from && within[to - 1] == 0) {
      to--;
    }
    float[] counted = new float[to - from];
    for (int i = 0; i < counted.length; i++) {
      counted[i] = (float) within[from + i];
    }
    return new Weights(example.start() + from, counted);
  }

  private static void requirePlaces(
      HookedTransformer model, ProbeData data, List<HookPoint> points, List<Pooling> poolings) {
    if (points.isEmpty() || poolings.isEmpty()) {
      throw new IllegalArgumentException(
          "Name at least one hook point and one pooling, e.g. RESID_POST.at(0) and Pooling.last(); got %s and %s"
              .formatted(points, poolings));
    }
    for (HookPoint point : points) {
      model.config().require(point);
      if (point.site().axes().indexOf(Axis.POS) != 1) {
        throw new IllegalArgumentException(
            "A probe reads where each token has a vector (axis 1 is POS), e.g. RESID_POST; %s has %s"
                .formatted(point, point.site().axes()));
      }
    }
    requireTokens(model, data);
    long width = points.stream().mapToLong(point -> width(point, model.config())).max().orElse(0);
    requireRoom(data, width, points.size() * poolings.size());
  }

  private static void requireTokens(HookedTransformer model, ProbeData data) {
    Tokens tokens = data.tokens();
    long largest = Arrays.stream(tokens.ids()).flatMapToLong(Arrays::stream).max().orElse(0);
    if (largest >= model.config().vocab()) {
      throw new IllegalArgumentException(
          "The data has token %d and %s has tokens 0 to %d: was it tokenised for another model?"
              .formatted(largest, model.name(), model.config().vocab() - 1));
    }
    for (int row = 0; row < tokens.batch(); row++) {
      if (tokens.length(row) > model.config().longestInput()) {
        throw new IllegalArgumentException(
            "Text %d has %d tokens and the context of %s is %d; leave longer texts out"
                .formatted(row, tokens.length(row), model.name(), model.config().context()));
      }
    }
  }

  /** Returns how many numbers a position has at a point. */
  private static long width(HookPoint point, ModelConfig config) {
    long width = 1;
    for (Axis axis : point.site().axes()) {
      width *=
          switch (axis) {
            case HEAD -> config.heads();
            case KV_HEAD -> config.kvHeads();
            case D_MODEL -> config.dModel();
            case D_HEAD -> config.dHead();
            case D_MLP -> config.sizes().dMlp();
            case D_VOCAB -> config.vocab();
            default -> 1;
          };
    }
    return width;
  }

  private static void requireRoom(ProbeData data, long width, int spots) {
    long bytes = data.size() * width * Float.BYTES * spots;
    if (bytes > Runtime.getRuntime().maxMemory() || data.size() * width > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "Features of %,d examples x %,d at %d spots need %,d MB; this JVM has %,d MB (-Xmx). Take fewer spots or examples, or stream them to disk with an activation store"
              .formatted(
                  data.size(), width, spots, bytes >> 20, Runtime.getRuntime().maxMemory() >> 20));
    }
  }
}
