package io.loupe.workbench.capture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What was kept of one layer's attention. Everything is by the row's own positions: padding is not
 * there, neither as query nor as key. Where a pass computed the last columns only, queries begin at
 * the first that it computed.
 */
public final class LayerStatistics {
  private final int layer;
  private final List<Integer> heads; // reported ones
  private final AttentionRequest request;
  private final int batch;
  private final List<List<HeadRows>> rows; // [row][head of the layer]

  private LayerStatistics(AttentionCall call, List<List<HeadRows>> rows) {
    this.layer = call.layer();
    this.heads = call.reported();
    this.request = call.request();
    this.batch = call.batch();
    this.rows = rows;
  }

  /**
   * One head's numbers in one prompt.
   *
   * @param values [statistic][position]; empty if only means are kept
   * @param means [statistic]
   * @param topKeys [query][rank], positions; -1 where a query sees fewer
   * @param topProbabilities [query][rank]
   * @param received [key]
   * @param pattern [chosen query][key]
   * @param empty how many queries saw no key
   */
  private record HeadRows(
      double[][] values,
      double[] means,
      int[][] topKeys,
      double[][] topProbabilities,
      double[] received,
      double[][] pattern,
      int empty) {}

  /**
   * Puts together what a back end computed.
   *
   * @param results one for each head of each row of the batch, [row x head]
   */
  public static LayerStatistics of(AttentionPlan prepared, List<HeadColumns> results) {
    AttentionCall call = prepared.call();
    List<List<HeadRows>> rows = new ArrayList<>();
    for (int row = 0; row < call.batch(); row++) {
      List<HeadRows> ofRow = new ArrayList<>();
      for (int head = 0; head < call.heads(); head++) {
        HeadColumns result = results.get(row * call.heads() + head);
        ofRow.add(rows(call, prepared.layout(row), result));
      }
      rows.add(ofRow);
    }
    return new LayerStatistics(call, rows);
  }

  private static HeadRows rows(AttentionCall call, RowLayout layout, HeadColumns result) {
    int[] keys = layout.columns();
    int[] queries =
        Arrays.stream(keys)
            .filter(column -> column >= call.firstColumn())
            .map(column -> column - call.firstColumn())
            .toArray();
    double[][] values =
        Arrays.stream(result.values()).map(v -> picked(v, queries)).toArray(double[][]::new);
    double[] means =
        values.length == 0
            ? result.means()
            : Arrays.stream(values).mapToDouble(LayerStatistics::mean).toArray();
    boolean keepRows = call.request().detail() == AttentionRequest.Detail.ROWS;
    int top = result.topKeys().length == 0 ? 0 : queries.length;
    int[][] topKeys = new int[top][];
    double[][] topProbabilities = new double[top][];
    for (int i = 0; i < top; i++) {
      int[] columns = result.topKeys()[queries[i]];
      topKeys[i] = Arrays.stream(columns).map(c -> c < 0 ? -1 : layout.position(c)).toArray();
      topProbabilities[i] = result.topProbabilities()[queries[i]];
    }
    int empty = 0;
    for (int query : queries) {
      empty += result.empty().length > 0 && result.empty()[query] ? 1 : 0;
    }
    return new HeadRows(
        keepRows ? values : new double[0][],
        means,
        topKeys,
        topProbabilities,
        result.received().length == 0 ? new double[0] : picked(result.received(), keys),
        result.pattern().stream().map(p -> picked(p, keys)).toArray(double[][]::new),
        empty);
  }

  /** Returns some of the values: themselves if that is all of them, as without padding. */
  private static double[] picked(double[] values, int[] columns) {
    if (columns.length == values.length) {
      return values;
    }
    double[] picked = new double[columns.length];
    for (int i = 0; i < columns.length; i++) {
      picked[i] = values[columns[i]];
    }
    return picked;
  }

  /** Returns the mean of the finite values; NaN if there is none. */
  private static double mean(double[] values) {
    double sum = 0;
    int count = 0;
    for (double value : values) {
      sum += Double.isFinite(value) ? value : 0;
      count += Double.isFinite(value) ? 1 : 0;
    }
    return sum / count;
  }

  public int layer() {
    return layer;
  }

  /** Returns the heads that were reported on, ascending. */
  public List<Integer> heads() {
    return heads;
  }

  /** Returns a statistic of each query of a prompt, [query]; a copy. */
  public double[] values(Statistic statistic, int head, int row) {
    if (request.detail() != AttentionRequest.Detail.ROWS) {
      throw new IllegalArgumentException(
          "Only means were kept (detail %s): ask for mean(...), or make the request with Detail.ROWS"
              .formatted(request.detail()));
    }
    return reported(head, row).values()[index(statistic)].clone();
  }

  /**
   * Returns the mean over a prompt's queries, without those for which the statistic is not defined;
   * NaN if there is no other.
   */
  public double mean(Statistic statistic, int head, int row) {
    if (request.detail() == AttentionRequest.Detail.BATCH) {
      throw new IllegalArgumentException(
          "Only the batch's mean was kept: ask for mean(statistic, head), or make the request with Detail.PROMPTS");
    }
    return reported(head, row).means()[index(statistic)];
  }

  /** Returns the mean of the prompts' means; prompts in which no query has it are left out. */
  public double mean(Statistic statistic, int head) {
    double[] means = new double[batch];
    for (int row = 0; row < batch; row++) {
      means[row] = reported(head, row).means()[index(statistic)];
    }
    return mean(means);
  }

  /**
   * Returns the positions of each query's most probable keys, [query][rank], most probable first;
   * -1 where a query sees fewer keys.
   */
  public int[][] topKeys(int head, int row) {
    requireTop();
    return Arrays.stream(reported(head, row).topKeys()).map(int[]::clone).toArray(int[][]::new);
  }

  /** Returns the probabilities of {@link #topKeys}. */
  public double[][] topProbabilities(int head, int row) {
    requireTop();
    return copy(reported(head, row).topProbabilities());
  }

  /** Returns the mass that each key of a prompt receives, summed over its queries, [key]. */
  public double[] received(int head, int row) {
    if (!request.received()) {
      throw notAsked("received masses", "withReceived()");
    }
    return reported(head, row).received().clone();
  }

  /** Returns the kept rows of the pattern, [query asked for][key]. */
  public double[][] pattern(int head, int row) {
    double[][] pattern = rows.get(checkedRow(row)).get(checkedHead(head)).pattern();
    if (pattern.length == 0) {
      throw notAsked("rows of the pattern of head " + head, "pattern(heads, queries)");
    }
    return copy(pattern);
  }

  /** Returns how many queries of a prompt an edit left without any key; their z is 0. */
  public int emptyQueries(int head, int row) {
    return reported(head, row).empty();
  }

  private HeadRows reported(int head, int row) {
    if (!heads.contains(head)) {
      throw new IllegalArgumentException(
          "Head %d of layer %d was not reported on, only %s: request.heads(...)"
              .formatted(head, layer, heads));
    }
    return rows.get(checkedRow(row)).get(head);
  }

  private int checkedHead(int head) {
    if (head < 0 || head >= rows.get(0).size()) {
      throw new IllegalArgumentException(
          "Layer %d has heads 0 to %d; got %d".formatted(layer, rows.get(0).size() - 1, head));
    }
    return head;
  }

  private int checkedRow(int row) {
    if (row < 0 || row >= batch) {
      throw new IllegalArgumentException(
          "There are prompts 0 to %d; got %d".formatted(batch - 1, row));
    }
    return row;
  }

  private int index(Statistic statistic) {
    int index = request.statistics().indexOf(statistic);
    if (index < 0) {
      throw new IllegalArgumentException(
          "'%s' was not asked for, only %s: AttentionRequest.of(...)"
              .formatted(statistic, request.statistics()));
    }
    return index;
  }

  private void requireTop() {
    if (request.topKeys() == 0) {
      throw notAsked("most probable keys", "topKeys(k)");
    }
  }

  private static IllegalArgumentException notAsked(String what, String how) {
    return new IllegalArgumentException(
        "The request did not ask for %s: request.%s".formatted(what, how));
  }

  private static double[][] copy(double[][] values) {
    return Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
  }
}
