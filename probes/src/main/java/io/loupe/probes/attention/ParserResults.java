package io.loupe.probes.attention;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.BarChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.stats.Interval;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How well single heads find dependency relations; see {@link HeadParser}. Accuracies are of the
 * half of the documents on which neither head nor offset was chosen.
 *
 * @param model its name or folder
 * @param treebank the name of the sentences
 * @param causal whether only targets before the query counted
 * @param heads among how many heads the best was chosen
 * @param lines one for each relation and direction
 */
public record ParserResults(
    String model, String treebank, boolean causal, int heads, List<Line> lines)
    implements Displayable {
  public ParserResults {
    lines = List.copyOf(lines);
  }

  /**
   * One relation in one direction.
   *
   * @param relation without its subtype, such as {@code nsubj}
   * @param direction from where to where
   * @param chosenPairs on how many pairs head and offset were chosen
   * @param head the best head there
   * @param chosenAccuracy its accuracy there, which is the best of many and so too good
   * @param offset the best fixed offset there, in words; -1 is the word before
   * @param byHead of each reported pair, whether the head found the target; kept, not copied
   * @param byOffset of each reported pair, whether the offset did; kept, not copied
   * @param headInterval of the head's accuracy, 95 %, over documents
   * @param offsetInterval of the offset's accuracy, 95 %, over documents
   * @param difference of head minus offset, at 95 % for all lines together (Bonferroni); from 2,000
   *     resamples, so that with many lines its ends are nearly the most extreme ones
   */
  public record Line(
      String relation,
      HeadParser.Direction direction,
      int chosenPairs,
      Head head,
      double chosenAccuracy,
      int offset,
      boolean[] byHead,
      boolean[] byOffset,
      Interval headInterval,
      Interval offsetInterval,
      Interval difference) {
    /** Returns the head's accuracy on the reported half. */
    public double accuracy() {
      return share(byHead);
    }

    /** Returns the offset's accuracy on the reported half. */
    public double offsetAccuracy() {
      return share(byOffset);
    }

    /** Tells whether the head beats the offset, all lines taken into account. */
    public boolean beatsOffset() {
      return difference.low() > 0;
    }

    /** Returns relation and direction in words, such as {@code nsubj to its head}. */
    public String name() {
      return direction == HeadParser.Direction.TO_HEAD
          ? relation + " to its head"
          : "head to its " + relation;
    }

    private static double share(boolean[] right) {
      return (double) IntStream.range(0, right.length).filter(i -> right[i]).count() / right.length;
    }
  }

  /** Returns the lines whose head beats the offset, the largest gain first. */
  public List<Line> beating() {
    return sorted().stream().filter(Line::beatsOffset).toList();
  }

  private List<Line> sorted() {
    return lines.stream()
        .sorted(Comparator.comparing(line -> line.offsetAccuracy() - line.accuracy()))
        .toList();
  }

  /** Returns a row for each relation and direction, the largest gain first. */
  public Table table() {
    Table table =
        Table.of(
            "relation",
            "pairs",
            "head",
            "accuracy",
            "95 %",
            "offset",
            "its accuracy",
            "gain",
            "gain, all lines",
            "beats it");
    for (Line line : sorted()) {
      table =
          table.row(
              line.name(),
              line.byHead().length,
              line.head(),
              line.accuracy(),
              line.headInterval(),
              "%+d".formatted(line.offset()),
              line.offsetAccuracy(),
              line.accuracy() - line.offsetAccuracy(),
              line.difference(),
              line.beatsOffset() ? "yes" : "");
    }
    return table;
  }

  /** Draws heads beside offsets with 95 % intervals, the largest gains first. */
  public BarChart plot(int most) {
    List<Line> shown = sorted().subList(0, Math.min(most, lines.size()));
    return Plots.bars(shown.stream().map(line -> line.name() + ", " + line.head()).toList())
        .series(
            "best head",
            shown.stream().mapToDouble(Line::accuracy).toArray(),
            shown.stream().mapToDouble(line -> line.headInterval().low()).toArray(),
            shown.stream().mapToDouble(line -> line.headInterval().high()).toArray())
        .series(
            "best fixed offset",
            shown.stream().mapToDouble(Line::offsetAccuracy).toArray(),
            shown.stream().mapToDouble(line -> line.offsetInterval().low()).toArray(),
            shown.stream().mapToDouble(line -> line.offsetInterval().high()).toArray())
        .horizontal()
        .xLabel("accuracy on the other half of the documents")
        .title("Heads as parsers, " + model);
  }

  @Override
  public MimeBundle display() {
    return plot(12).display().and(table().display()).and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "Heads of %s as parsers on %s: in %d of %d relations and directions the best of %d heads beats the best fixed offset%s"
        .formatted(
            model,
            treebank,
            beating().size(),
            lines.size(),
            heads,
            causal ? " (causal: only targets before the query)" : "");
  }
}
