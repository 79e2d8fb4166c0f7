package io.loupe.probes.attention;

import io.loupe.probes.data.Example;
import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.ProbeData;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Auroc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * Features of every head in every example: a matrix [example][feature x head], named. Immutable.
 *
 * <pre>{@code
 * var features = AttentionFeatures.of(model, data, HeadFeature.lookback("prompt"), HeadFeature.sink());
 * var detector = AttentionDetector.train(features, ProbeOptions.usual(), 1);
 * }</pre>
 */
public final class AttentionFeatures implements Displayable {
  private final Labelled labelled;
  private final Origin origin;
  private final List<HeadFeature> kinds;
  private final List<Head> heads;
  private final Features values;

  private AttentionFeatures(
      Labelled labelled,
      Origin origin,
      List<HeadFeature> kinds,
      List<Head> heads,
      Features values) {
    this.labelled = labelled;
    this.origin = origin;
    this.kinds = List.copyOf(kinds);
    this.heads = List.copyOf(heads);
    this.values = values;
  }

  /**
   * Reads features of all heads, each example's mean over its tokens as queries, in streamed passes
   * over the data's texts. Memory grows with the length of a text and not with its square.
   *
   * @throws IllegalArgumentException before the model is run, if a feature is named twice or not at
   *     all, or an example has not the spans or earlier tokens that one needs; behind it, if a
   *     feature is defined at none of an example's tokens
   */
  public static AttentionFeatures of(
      HookedTransformer model, ProbeData data, HeadFeature... features) {
    List<HeadFeature> kinds = List.of(features);
    if (kinds.isEmpty() || new HashSet<>(kinds).size() < kinds.size()) {
      throw new IllegalArgumentException(
          "Name at least one feature, such as HeadFeature.entropy(), and none twice; got " + kinds);
    }
    for (Example example : data.examples()) {
      kinds.forEach(kind -> kind.check(data.tokens(), example));
    }
    int layers = model.config().layers();
    List<Head> heads = HeadSet.all(layers, model.config().heads()).toList();
    Features values = HeadReader.read(model, data, kinds, heads);
    Origin origin = Origin.of(model, data, "attention: " + kinds);
    return new AttentionFeatures(data.labelled(), origin, kinds, heads, values);
  }

  /**
   * Makes features of numbers that are there: of another program, or simulated.
   *
   * @param values [example][feature x head], the heads of the first feature first
   */
  public static AttentionFeatures given(
      Labelled labelled, List<HeadFeature> kinds, HeadSet heads, Features values) {
    if (values.rows() != labelled.size() || values.columns() != kinds.size() * heads.size()) {
      throw new IllegalArgumentException(
          "Expected a row for each of %d labels and a column for each of %d features of %d heads, got %s"
              .formatted(labelled.size(), kinds.size(), heads.size(), values));
    }
    values.requireFinite(labelled.name());
    Origin origin = Origin.given(labelled.name(), "attention: " + kinds);
    return new AttentionFeatures(labelled, origin, kinds, heads.toList(), values);
  }

  /** Returns the matrix, [example][feature x head]. */
  public Features values() {
    return values;
  }

  /** Returns the columns' names, such as {@code L3H1 entropy}. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    kinds.forEach(kind -> heads.forEach(head -> names.add(head + " " + kind)));
    return List.copyOf(names);
  }

  /** Returns the features, in the order of the columns. */
  public List<HeadFeature> kinds() {
    return kinds;
  }

  /** Returns the heads, in the order of the columns of one feature. */
  public List<Head> heads() {
    return heads;
  }

  /** Returns labels, groups and splits. */
  public Labelled labelled() {
    return labelled;
  }

  /** Returns model, data and place. */
  public Origin origin() {
    return origin;
  }

  /** Returns one feature of one head, [example]. */
  public double[] column(HeadFeature kind, Head head) {
    int place = heads.indexOf(head);
    if (place < 0) {
      throw new IllegalArgumentException("There is no head %s, only %s".formatted(head, heads));
    }
    return column(indexOf(kind) * heads.size() + place);
  }

  double[] column(int column) {
    double[] own = new double[values.rows()];
    Arrays.setAll(own, row -> values.at(row, column));
    return own;
  }

  private int indexOf(HeadFeature kind) {
    int index = kinds.indexOf(kind);
    if (index < 0) {
      throw new IllegalArgumentException(
          "'%s' was not read, only %s: AttentionFeatures.of(model, data, ...)"
              .formatted(kind, kinds));
    }
    return index;
  }

  /** Returns some of the features, of all heads. */
  public AttentionFeatures only(HeadFeature... some) {
    int count = heads.size();
    float[][] rows = new float[values.rows()][some.length * count];
    for (int i = 0; i < some.length; i++) {
      int from = indexOf(some[i]) * count;
      for (int row = 0; row < rows.length; row++) {
        System.arraycopy(values.row(row), from, rows[row], i * count, count);
      }
    }
    Origin place = origin.at("attention: " + List.of(some));
    return new AttentionFeatures(labelled, place, List.of(some), heads, Features.of(rows));
  }

  /**
   * Returns how well each head's feature alone tells the second class from the first, over all
   * examples: to look at, not to choose by. [layer][head], areas under the ROC curve minus one
   * half; below zero where it is smaller in the second class.
   */
  public Heatmap heatmap(HeadFeature kind) {
    boolean[] positive = AttentionDetector.positive(labelled);
    int layers = heads.stream().mapToInt(head -> head.layer() + 1).max().orElse(0);
    int across = heads.stream().mapToInt(head -> head.index() + 1).max().orElse(0);
    double[][] areas = new double[layers][across];
    for (double[] layer : areas) {
      Arrays.fill(layer, Double.NaN);
    }
    for (Head head : heads) {
      areas[head.layer()][head.index()] = Auroc.of(column(kind, head), positive) - 0.5;
    }
    List<String> names = ((Labels.Classes) labelled.labels()).names();
    return Plots.heatmap(areas)
        .diverging()
        .range(-0.5, 0.5)
        .xLabel("head")
        .yLabel("layer")
        .colorLabel("AUROC of '%s' - 0.5".formatted(names.get(1)))
        .title("%s: %s, each head alone".formatted(labelled.name(), kind));
  }

  /** Returns each feature's mean over heads and examples, a row each. */
  public Table table() {
    Table table = Table.of("feature", "heads", "examples", "mean");
    for (int k = 0; k < kinds.size(); k++) {
      double sum = 0;
      for (int row = 0; row < values.rows(); row++) {
        for (int h = 0; h < heads.size(); h++) {
          sum += values.at(row, k * heads.size() + h);
        }
      }
      table =
          table.row(kinds.get(k), heads.size(), values.rows(), sum / heads.size() / values.rows());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "AttentionFeatures[%s (%s): %d examples, %s of %d heads]"
        .formatted(labelled.name(), origin.model(), values.rows(), kinds, heads.size());
  }
}
