package io.loupe.workbench.capture;

import java.util.ArrayList;
import java.util.List;

/**
 * One head's numbers in one row of the batch, by columns, padding included: what a back end fills
 * in. Rows of padding may hold anything.
 *
 * @param values [statistic][query]; {@link Statistic#MAX_KEY} as a position
 * @param means [statistic], the mean over the row's own queries that have the statistic; only of a
 *     back end that averages by itself, which then leaves {@code values} without queries
 * @param topKeys [query][rank], columns; -1 for none
 * @param topProbabilities [query][rank]
 * @param empty [query] whether an edit left it no key
 * @param received [key]
 * @param pattern [chosen query][key], added one by one
 */
public record HeadColumns(
    double[][] values,
    double[] means,
    int[][] topKeys,
    double[][] topProbabilities,
    boolean[] empty,
    double[] received,
    List<double[]> pattern) {

  /** Makes room for each query's numbers; none but for rows of the pattern if not reported on. */
  public static HeadColumns room(AttentionCall call, boolean reported) {
    return room(call, reported, false);
  }

  /** Makes room for a back end that averages over queries by itself. */
  public static HeadColumns ofMeans(AttentionCall call, boolean reported) {
    return room(call, reported, true);
  }

  private static HeadColumns room(AttentionCall call, boolean reported, boolean averaged) {
    AttentionRequest request = call.request();
    int statistics = reported ? request.statistics().size() : 0;
    int top = request.topKeys() == 0 || !reported ? 0 : call.queries();
    return new HeadColumns(
        new double[averaged ? 0 : statistics][call.queries()],
        new double[averaged ? statistics : 0],
        new int[top][request.topKeys()],
        new double[top][request.topKeys()],
        new boolean[reported ? call.queries() : 0],
        new double[request.received() && reported ? call.keys() : 0],
        new ArrayList<>());
  }
}
