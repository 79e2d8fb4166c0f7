package io.loupe.circuits.weights;

import io.loupe.circuits.heads.Origin;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import org.ejml.simple.SimpleMatrix;

/**
 * How much a later head reads of what an earlier one writes (Elhage et al. 2021): the norm of the
 * product of the writer's OV circuit with the reader's QK circuit on the query's side (Q), on the
 * key's side (K), or with its OV circuit (V), over the product of the norms; from 0 to 1.
 *
 * <p>Two matrices that have nothing to do with one another do not score 0: if one is turned at
 * random, the mean of the squared score is 1 / d whatever their spectra, with d = d_model, and its
 * variance is 2 (d / n - 1) (d / m - 1) / (d^2 (d + 2) (d - 1)), where n and m are how many
 * directions each of the two uses, (sum s^2)^2 / sum s^4 over singular values s: that follows from
 * the fourth moments of a rotation drawn evenly from all. {@link #z} says how far a pair is above
 * the mean. All in float64.
 */
public final class Composition implements Displayable {
  /** Through which input the later head reads. */
  public enum Kind {
    QUERY("Q"),
    KEY("K"),
    VALUE("V");

    private final String letter;

    Kind(String letter) {
      this.letter = letter;
    }

    @Override
    public String toString() {
      return letter;
    }
  }

  /**
   * A pair of heads.
   *
   * @param score from 0 to 1
   * @param z standard deviations above what a random turn gives, of the squared score; NaN if a
   *     head writes or reads nothing
   */
  public record Pair(Head writer, Head reader, double score, double z) {
    @Override
    public String toString() {
      return "%s -> %s: %.3f (z %.1f)".formatted(writer, reader, score, z);
    }
  }

  private final Origin origin;
  private final String gaugeLabel;
  private final Kind kind;
  private final OptionalInt distance;
  private final int dModel;
  private final List<Head> heads;
  private final double[][] scores; // [writer][reader], NaN where it cannot read
  private final double[][] zs;

  private Composition(
      HeadWeights weights, Kind kind, OptionalInt distance, double[][] scores, double[][] zs) {
    this.origin = weights.origin();
    this.gaugeLabel = weights.gauge().label();
    this.kind = kind;
    this.distance = distance;
    this.dModel = weights.config().dModel();
    this.heads = weights.config().allHeads().toList();
    this.scores = scores;
    this.zs = zs;
  }

  /**
   * Compares all pairs of heads.
   *
   * @throws IllegalArgumentException if the model turns queries and keys by their positions and the
   *     kind is not V: ask for a distance
   */
  public static Composition of(HeadWeights weights, Kind kind) {
    if (kind != Kind.VALUE) {
      requireNoRotary(
          weights, kind, "Composition.of(weights, Composition.Kind.%s, 1)".formatted(kind.name()));
    }
    return of(weights, kind, OptionalInt.empty());
  }

  static void requireNoRotary(HeadWeights weights, Kind kind, String call) {
    for (Head head : weights.config().allHeads()) {
      if (weights.matrices().spec(head).positions() instanceof PositionSpec.Rotary) {
        throw new IllegalArgumentException(
            "%s-composition depends on the distance between query and key: %s of %s turns both by their positions. Ask for one: %s"
                .formatted(kind, head, weights.model().name(), call));
      }
    }
  }

  /**
   * Compares all pairs of heads, where the reader's key stands so many tokens before its query. The
   * distance matters to heads with a rotary embedding alone, and not to V.
   */
  public static Composition of(HeadWeights weights, Kind kind, int distance) {
    return of(weights, kind, OptionalInt.of(distance));
  }

  private static Composition of(HeadWeights weights, Kind kind, OptionalInt distance) {
    List<Head> heads = weights.config().allHeads().toList();
    HeadMatrices matrices = weights.matrices();
    List<Side> writers = new ArrayList<>();
    List<Side> readers = new ArrayList<>();
    for (Head head : heads) {
      SimpleMatrix value = matrices.value(head);
      SimpleMatrix output = matrices.output(head);
      writers.add(new Side(output.transpose(), value));
      readers.add(
          switch (kind) {
            case QUERY -> new Side(matrices.query(head, distance.orElse(0)), matrices.key(head));
            case KEY -> new Side(matrices.key(head), matrices.query(head, distance.orElse(0)));
            case VALUE -> new Side(value, output.transpose());
          });
    }
    double[][] scores = new double[heads.size()][heads.size()];
    double[][] zs = new double[heads.size()][heads.size()];
    for (int w = 0; w < heads.size(); w++) {
      Arrays.fill(scores[w], Double.NaN);
      Arrays.fill(zs[w], Double.NaN);
      for (int r = 0; r < heads.size(); r++) {
        if (heads.get(w).layer() < heads.get(r).layer()) {
          double squared = writers.get(w).squaredScore(readers.get(r));
          scores[w][r] = Math.sqrt(squared);
          zs[w][r] = z(squared, weights.config().dModel(), writers.get(w), readers.get(r));
        }
      }
    }
    return new Composition(weights, kind, distance, scores, zs);
  }

  /** Returns NaN where every turn scores the same, or a head writes or reads nothing. */
  private static double z(double squared, double d, Side writer, Side reader) {
    double n = d / writer.directions - 1;
    double m = d / reader.directions - 1;
    double variance = 2 * n * m / (d * d * (d + 2) * (d - 1));
    return variance > 0 ? (squared - 1 / d) / Math.sqrt(variance) : Double.NaN;
  }

  /**
   * One circuit A = f g^T of two matrices [d_model, d_head], seen from the side of f.
   *
   * <p>The norm of f_w-side times f_r-side products needs r x r matrices alone: |g_w (f_w^T f_r)
   * g_r^T|^2 = trace(G_w M G_r M^T).
   */
  private static final class Side {
    private final SimpleMatrix face; // [d_model, d_head]
    private final SimpleMatrix gram; // of the other factor, [d_head, d_head]
    private final double squaredNorm;
    private final double directions;

    Side(SimpleMatrix face, SimpleMatrix other) {
      this.face = face;
      this.gram = other.transpose().mult(other);
      SimpleMatrix product = face.transpose().mult(face).mult(gram);
      this.squaredNorm = product.trace();
      double fourth = Matrices.dot(product.transpose(), product); // sum of s^4
      this.directions = squaredNorm * squaredNorm / fourth;
    }

    double squaredScore(Side reader) {
      SimpleMatrix middle = face.transpose().mult(reader.face);
      double squared = Matrices.dot(gram.mult(middle), middle.mult(reader.gram));
      double norms = squaredNorm * reader.squaredNorm;
      return norms == 0 ? 0 : Math.max(0, squared) / norms;
    }
  }

  public Kind kind() {
    return kind;
  }

  /** Returns which model and gauge this is. */
  public Origin origin() {
    return origin;
  }

  /** Returns the root mean square of the score of a pair that is turned at random. */
  public double expected() {
    return 1 / Math.sqrt(dModel);
  }

  /**
   * Returns a pair's score, from 0 to 1.
   *
   * @throws IllegalArgumentException if the writer is not in an earlier layer, or there is no such
   *     head
   */
  public double score(Head writer, Head reader) {
    return of(scores, writer, reader);
  }

  /**
   * Returns how far a pair's squared score is above the random one, in standard deviations; NaN if
   * one of the two writes or reads nothing.
   *
   * @throws IllegalArgumentException as {@link #score}
   */
  public double z(Head writer, Head reader) {
    return of(zs, writer, reader);
  }

  private double of(double[][] values, Head writer, Head reader) {
    int w = heads.indexOf(writer);
    int r = heads.indexOf(reader);
    if (w < 0 || r < 0 || writer.layer() >= reader.layer()) {
      throw new IllegalArgumentException(
          "A head reads what heads of earlier layers write; got %s -> %s of a model with heads %s to %s"
              .formatted(writer, reader, heads.get(0), heads.get(heads.size() - 1)));
    }
    return values[w][r];
  }

  /**
   * Returns the pairs that are farthest above the random baseline, the farthest first; pairs of
   * which one writes or reads nothing are not among them.
   */
  public List<Pair> top(int count) {
    List<Pair> pairs = new ArrayList<>();
    for (int w = 0; w < heads.size(); w++) {
      for (int r = 0; r < heads.size(); r++) {
        if (!Double.isNaN(zs[w][r])) {
          pairs.add(new Pair(heads.get(w), heads.get(r), scores[w][r], zs[w][r]));
        }
      }
    }
    pairs.sort(Comparator.comparingDouble(pair -> -pair.z()));
    return List.copyOf(pairs.subList(0, Math.min(count, pairs.size())));
  }

  /** Returns a later head's writers, the one farthest above the random baseline first. */
  public List<Pair> writersOf(Head reader) {
    return top(Integer.MAX_VALUE).stream().filter(pair -> pair.reader().equals(reader)).toList();
  }

  /** Returns the pairs that {@link #top} gives as a table. */
  public Table table(int rows) {
    Table table = Table.of("writer", "reader", kind + "-composition", "z");
    for (Pair pair : top(rows)) {
      table = table.row(pair.writer(), pair.reader(), pair.score(), pair.z());
    }
    return table;
  }

  /** Draws the scores, writers down and readers across; blank where nothing can be read. */
  public Heatmap heatmap() {
    List<String> names = heads.stream().map(Head::toString).toList();
    return Plots.heatmap(scores)
        .rows(names)
        .columns(names)
        .yLabel("writes")
        .xLabel("reads")
        .sequential()
        .colorLabel("score")
        .title(
            "%s-composition%s (%s; random: %.3f)"
                .formatted(
                    kind,
                    distance.isPresent() ? " at distance " + distance.getAsInt() : "",
                    gaugeLabel,
                    expected()));
  }

  @Override
  public MimeBundle display() {
    return heatmap().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "%s-composition of %d heads (%s), random %.4f; highest:\n%s"
        .formatted(kind, heads.size(), origin, expected(), table(10));
  }
}
