package io.loupe.circuits.heads;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.sweep.AblationEffects;
import io.loupe.workbench.sweep.Unit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A score of each head of a model, with its value on every example, so that it has an interval.
 * What an example is (a prompt, a pair of words, a word's relation) the map says. A value may be
 * missing, NaN: means and intervals are over the others. Immutable.
 */
public final class HeadMap implements Displayable {
  private static final int SHOWN = 10;

  private final Origin origin;
  private final Label label;
  private final double[][][] values; // [layer][head][example]

  /**
   * What a map's numbers are.
   *
   * @param name short, such as {@code induction}
   * @param definition in a sentence: what a head does that scores high, and the range
   * @param source the paper that the score comes from
   * @param examples what an example is, and how many there are
   */
  public record Label(String name, String definition, String source, String examples) {
    public Label {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(definition, "definition");
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(examples, "examples");
    }
  }

  private HeadMap(Origin origin, Label label, double[][][] values) {
    this.origin = origin;
    this.label = label;
    this.values = values;
  }

  /**
   * Makes a map.
   *
   * @param values [layer][head][example], NaN for none; copied
   * @throws IllegalArgumentException if layers differ in their heads, or heads in their examples
   */
  public static HeadMap of(Origin origin, Label label, double[][][] values) {
    if (values.length == 0 || values[0].length == 0 || values[0][0].length == 0) {
      throw new IllegalArgumentException(
          "A map needs at least one layer, head and example; '%s' has none".formatted(label.name));
    }
    double[][][] copy = new double[values.length][values[0].length][];
    for (int layer = 0; layer < values.length; layer++) {
      if (values[layer].length != values[0].length) {
        throw new IllegalArgumentException(
            "Layer 0 of '%s' has %d heads and layer %d has %d"
                .formatted(label.name, values[0].length, layer, values[layer].length));
      }
      for (int head = 0; head < copy[layer].length; head++) {
        copy[layer][head] = values[layer][head].clone();
        if (copy[layer][head].length != values[0][0].length) {
          throw new IllegalArgumentException(
              "L0H0 of '%s' has %d examples and %s has %d"
                  .formatted(
                      label.name,
                      values[0][0].length,
                      new Head(layer, head),
                      copy[layer][head].length));
        }
      }
    }
    return new HeadMap(origin, label, copy);
  }

  /** Makes a map of one number a head, such as one that is read off the weights. */
  public static HeadMap of(Origin origin, Label label, double[][] scores) {
    double[][][] values = new double[scores.length][][];
    for (int layer = 0; layer < values.length; layer++) {
      values[layer] =
          Arrays.stream(scores[layer]).mapToObj(s -> new double[] {s}).toArray(double[][]::new);
    }
    return of(origin, label, values);
  }

  /**
   * Returns the effects of a sweep that ablated every head alone as a map.
   *
   * @param name such as {@code loss without the head}
   * @throws IllegalArgumentException if something else than all heads was ablated
   */
  public static HeadMap of(Origin origin, String name, AblationEffects effects) {
    double[][] means = effects.effects(); // refuses others
    double[][][] values = new double[means.length][means[0].length][];
    for (Unit unit : effects.units()) {
      values[unit.layer()][unit.index()] = effects.perExample(unit);
    }
    String how = effects.ablation().kind() + " ablation";
    return of(
        origin,
        new Label(
            name,
            "the metric with the head ablated alone (%s) minus the metric of the whole model"
                .formatted(how),
            "",
            effects.baselines().length + " prompts"),
        values);
  }

  public Origin origin() {
    return origin;
  }

  public Label label() {
    return label;
  }

  public String name() {
    return label.name;
  }

  public int layers() {
    return values.length;
  }

  /** Returns the number of heads in a layer. */
  public int headsPerLayer() {
    return values[0].length;
  }

  /** Returns the number of examples. */
  public int examples() {
    return values[0][0].length;
  }

  /** Returns every head, scored or not. */
  public HeadSet heads() {
    return HeadSet.all(layers(), headsPerLayer());
  }

  /** Returns a head's value on each example, NaN where it has none; a copy. */
  public double[] perExample(Head head) {
    if (head.layer() >= layers() || head.index() >= headsPerLayer()) {
      throw new IllegalArgumentException(
          "There is no head %s: the map has %d layers of %d heads"
              .formatted(head, layers(), headsPerLayer()));
    }
    return values[head.layer()][head.index()].clone();
  }

  /** Returns every value, [layer][head][example], NaN for none; a copy. */
  public double[][][] values() {
    double[][][] copy = new double[layers()][][];
    for (int layer = 0; layer < copy.length; layer++) {
      copy[layer] = Arrays.stream(values[layer]).map(double[]::clone).toArray(double[][]::new);
    }
    return copy;
  }

  /** Returns a head's mean over the examples that have a value; NaN if none has. */
  public double score(Head head) {
    return Arrays.stream(defined(head)).average().orElse(Double.NaN);
  }

  /** Returns a head's 95 % bootstrap interval over examples (seed 0); NaN if none has a value. */
  public Interval interval(Head head) {
    double[] defined = defined(head);
    return defined.length == 0
        ? new Interval(Double.NaN, Double.NaN, 0.95)
        : Bootstrap.ofMean(defined, 0.95, 0);
  }

  private double[] defined(Head head) {
    return Arrays.stream(perExample(head)).filter(value -> !Double.isNaN(value)).toArray();
  }

  /** Returns all scores, [layer][head]; NaN for none. */
  public double[][] scores() {
    double[][] scores = new double[layers()][headsPerLayer()];
    for (Head head : heads()) {
      scores[head.layer()][head.index()] = score(head);
    }
    return scores;
  }

  /** Returns the heads that have a score, the highest first; equals in layer and head order. */
  public List<Head> ranked() {
    double[][] scores = scores();
    return heads().toList().stream()
        .filter(head -> !Double.isNaN(scores[head.layer()][head.index()]))
        .sorted(Comparator.comparingDouble(head -> -scores[head.layer()][head.index()]))
        .toList();
  }

  /**
   * Returns the heads with the highest scores.
   *
   * @throws IllegalArgumentException if fewer have one
   */
  public HeadSet top(int count) {
    List<Head> ranked = ranked();
    if (count < 1 || count > ranked.size()) {
      throw new IllegalArgumentException(
          "'%s' has a score for %d heads; asked for the top %d"
              .formatted(name(), ranked.size(), count));
    }
    return HeadSet.of(ranked.subList(0, count));
  }

  /** Returns the heads whose interval lies above a threshold: those that the examples settle. */
  public HeadSet above(double threshold) {
    return HeadSet.of(
        ranked().stream()
            .filter(head -> score(head) > threshold && interval(head).low() > threshold)
            .toList());
  }

  /** Returns this map with the signs of all values turned. */
  public HeadMap negated(Label other) {
    double[][][] turned = new double[layers()][][];
    for (int layer = 0; layer < turned.length; layer++) {
      turned[layer] =
          Arrays.stream(values[layer])
              .map(v -> Arrays.stream(v).map(x -> -x).toArray())
              .toArray(double[][]::new);
    }
    return new HeadMap(origin, other, turned);
  }

  /**
   * Compares the heads at the top of this map and of another one; see {@link HeadAgreement}.
   *
   * @throws IllegalArgumentException if the maps are of models of different shapes, or so many
   *     heads have no score
   */
  public HeadAgreement agreement(HeadMap other, int top) {
    return HeadAgreement.of(this, other, top, 0);
  }

  /**
   * Returns the heads with their scores and 95 % intervals, the highest first, at most so many.
   * What has one example, such as a number read off the weights, has no interval.
   */
  public Table table(int rows) {
    if (examples() == 1) {
      Table single = Table.of("head", name());
      for (Head head : ranked().subList(0, Math.min(rows, ranked().size()))) {
        single = single.row(head, score(head));
      }
      return single;
    }
    Table table = Table.of("head", name(), "low", "high");
    for (Head head : ranked().subList(0, Math.min(rows, ranked().size()))) {
      Interval interval = interval(head);
      table = table.row(head, score(head), interval.low(), interval.high());
    }
    return table;
  }

  /** Draws the scores, layers down and heads across; heads without a score are hatched. */
  public Heatmap heatmap() {
    double[][] scores = scores();
    boolean signed =
        Arrays.stream(scores).flatMapToDouble(Arrays::stream).anyMatch(score -> score < 0);
    Heatmap map =
        Plots.heatmap(scores)
            .rows(numbered("L", layers()))
            .columns(numbered("H", headsPerLayer()))
            .xLabel("head")
            .yLabel("layer")
            .colorLabel(name());
    return (signed ? map.diverging() : map.sequential())
        .title("%s (%s)".formatted(name(), origin.gaugeLabel()));
  }

  private static List<String> numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }

  /** Shows the map. */
  @Override
  public MimeBundle display() {
    return heatmap().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "%s (%s; %s):\n%s".formatted(name(), label.examples, origin, table(SHOWN));
  }
}
