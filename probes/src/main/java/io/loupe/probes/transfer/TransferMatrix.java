package io.loupe.probes.transfer;

import io.loupe.probes.data.Labelled;
import io.loupe.probes.score.Scores;
import io.loupe.probes.sweep.Trial;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.Probe;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How well probes of each side do on the test examples of each side, mean over seeds: task x task,
 * layer x layer, and as well model x model or language x language, where features are as wide and
 * labels have the same names. On the diagonal probes are at home. An example whose group a probe
 * was trained on is left out, so that nothing is recognised that was seen. Beside it, the cosines
 * of the directions. Immutable.
 */
public final class TransferMatrix implements Displayable {
  private final List<String> names;
  private final String measure;
  private final double[][] scores; // [trained on][tested on]
  private final double[][] cosines;
  private final double[] majority;

  private TransferMatrix(
      List<String> names,
      String measure,
      double[][] scores,
      double[][] cosines,
      double[] majority) {
    this.names = names;
    this.measure = measure;
    this.scores = scores;
    this.cosines = cosines;
    this.majority = majority;
  }

  /**
   * Tests each side's probes on each side.
   *
   * @throws IllegalArgumentException if there are fewer than two sides, or they differ in width, in
   *     the labels' names, or in how many seeds they have
   */
  public static TransferMatrix of(List<Side> sides) {
    requireAlike(sides);
    int count = sides.size();
    double[][] scores = new double[count][count];
    double[][] cosines = new double[count][count];
    for (int from = 0; from < count; from++) {
      for (int to = 0; to < count; to++) {
        scores[from][to] = score(sides.get(from), sides.get(to));
        cosines[from][to] = cosine(sides.get(from), sides.get(to));
      }
    }
    return new TransferMatrix(
        sides.stream().map(Side::name).toList(),
        sides.get(0).trials().measure(),
        scores,
        cosines,
        sides.stream().mapToDouble(side -> side.trials().majority()).toArray());
  }

  private static void requireAlike(List<Side> sides) {
    if (sides.size() < 2) {
      throw new IllegalArgumentException(
          "Transfer is between at least two sides, got " + sides.size());
    }
    Side first = sides.get(0);
    for (Side side : sides) {
      List<String> names = side.labelled().labels().names();
      if (side.features().columns() != first.features().columns()
          || !names.equals(first.labelled().labels().names())
          || side.trials().all().size() != first.trials().all().size()) {
        throw new IllegalArgumentException(
            "Probes transfer between features of one width and labels of the same names, trained with as many seeds; %s has %d features, %s and %d seeds, %s has %d, %s and %d"
                .formatted(
                    first.name(),
                    first.features().columns(),
                    first.labelled().labels().names(),
                    first.trials().all().size(),
                    side.name(),
                    side.features().columns(),
                    names,
                    side.trials().all().size()));
      }
    }
  }

  private static double score(Side from, Side to) {
    double sum = 0;
    int seeds = from.trials().all().size();
    for (int seed = 0; seed < seeds; seed++) {
      Trial trained = from.trials().all().get(seed);
      int[] test = to.trials().all().get(seed).partition().test();
      int[] unseen = unseen(from.labelled(), trained.partition().train(), to.labelled(), test);
      if (unseen.length < 2) {
        return Double.NaN; // every test example is of a group that the probe was trained on
      }
      sum +=
          Scores.of(trained.probe(), to.features(), to.labelled().labels(), unseen).value() / seeds;
    }
    return sum;
  }

  private static int[] unseen(Labelled from, int[] train, Labelled to, int[] test) {
    Set<String> seen =
        IntStream.of(train)
            .mapToObj(from.groups()::get)
            .collect(Collectors.toCollection(HashSet::new));
    return IntStream.of(test).filter(row -> !seen.contains(to.groups().get(row))).toArray();
  }

  /** Returns the mean cosine of the directions of all outputs, of the first seed; NaN without. */
  private static double cosine(Side from, Side to) {
    Probe a = from.trials().first().probe();
    Probe b = to.trials().first().probe();
    Optional<LinearMap> map = a.linear();
    if (map.isEmpty() || b.linear().isEmpty()) {
      return Double.NaN;
    }
    int outputs = map.get().outputs();
    List<Double> cosines = new ArrayList<>();
    for (int o = 0; o < outputs; o++) {
      double cosine = cosine(a.direction(o), b.direction(o));
      if (!Double.isNaN(cosine)) {
        cosines.add(cosine);
      }
    }
    return cosines.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
  }

  private static double cosine(double[] a, double[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }

  /** Returns the sides' names. */
  public List<String> names() {
    return names;
  }

  /** Returns the scores, [trained on][tested on]; NaN where no example is left. */
  public double[][] scores() {
    return Arrays.stream(scores).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the cosines of the directions; NaN for probes that are not linear. */
  public double[][] cosines() {
    return Arrays.stream(cosines).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the score of a constant prediction on each side, mean over seeds. */
  public double[] majority() {
    return majority.clone();
  }

  /** Returns the score of a side's probes on another, as a share of that side's own. */
  public double kept(int from, int to) {
    return scores[from][to] / scores[to][to];
  }

  /** Returns the scores, a row for each side that probes were trained on. */
  public Table table() {
    List<String> header = new ArrayList<>(List.of("trained on \\ tested on"));
    header.addAll(names);
    Table table = Table.of(header);
    for (int from = 0; from < scores.length; from++) {
      List<Object> row = new ArrayList<>(List.of(names.get(from)));
      Arrays.stream(scores[from]).forEach(row::add);
      table = table.row(row.toArray());
    }
    List<Object> last = new ArrayList<>(List.of("majority"));
    Arrays.stream(majority).forEach(last::add);
    return table.row(last.toArray());
  }

  /** Draws the scores. */
  public Heatmap plot() {
    return Plots.heatmap(scores)
        .rows(names)
        .columns(names)
        .yLabel("trained on")
        .xLabel("tested on")
        .colorLabel(measure)
        .title("Transfer of probes, mean over seeds");
  }

  /** Draws the cosines of the directions. */
  public Heatmap cosinePlot() {
    return Plots.heatmap(cosines)
        .rows(names)
        .columns(names)
        .diverging()
        .yLabel("trained on")
        .xLabel("trained on")
        .colorLabel("cosine")
        .title("Cosines of the probes' directions");
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(table().display()).and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    double home =
        IntStream.range(0, scores.length).mapToDouble(i -> scores[i][i]).average().orElseThrow();
    double away =
        IntStream.range(0, scores.length)
            .boxed()
            .flatMap(
                i ->
                    IntStream.range(0, scores.length)
                        .filter(j -> j != i)
                        .mapToObj(j -> scores[i][j]))
            .mapToDouble(x -> x)
            .filter(x -> !Double.isNaN(x))
            .average()
            .orElse(Double.NaN);
    return "Transfer between %s: %s at home %.3f, elsewhere %.3f"
        .formatted(names, measure, home, away);
  }
}
