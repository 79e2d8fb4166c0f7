package io.loupe.workbench.capture;

import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

/**
 * The whole pattern of one head in float64, and every statistic by its definition from it: written
 * apart from the code under test, with lists of positions instead of columns.
 */
final class NaiveAttention {
  final double[][] scores; // [query][key], positions
  final double[][] pattern;
  final double[][] z; // [query][d]
  private final long[] ids;
  private final Tokens tokens;
  private final int row;

  /** What is special about a head: changes scores, minus infinity hides. */
  interface Edit {
    double score(double score, int query, int key);
  }

  NaiveAttention(AttentionCase c, int row, int head, Edit edit, double gate) {
    this.tokens = c.tokens;
    this.row = row;
    this.ids = c.tokens.row(row);
    int[] columns = c.tokens.columns(row);
    int n = ids.length;
    int shared = head / (c.heads / c.kvHeads);
    scores = new double[n][n];
    pattern = new double[n][n];
    z = new double[n][c.d];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double s = 0;
        for (int x = 0; x < c.d; x++) {
          s +=
              (double) c.q[c.at(row, columns[i], head, c.heads, x)]
                  * c.k[c.at(row, columns[j], shared, c.kvHeads, x)];
        }
        s *= c.rule.scale();
        if (c.rule.softCap().isPresent()) {
          double cap = c.rule.softCap().getAsDouble();
          s = cap * Math.tanh(s / cap);
        }
        if (!c.rule.slopes().isEmpty()) {
          s -= c.rule.slopes().get(head) * (i - j);
        }
        boolean future = c.rule.mask().causal() && j > i;
        boolean far =
            c.rule.mask().window().isPresent()
                && Math.abs(i - j) >= c.rule.mask().window().getAsInt();
        scores[i][j] = future || far ? Double.NEGATIVE_INFINITY : edit.score(s, i, j);
      }
      double sum = Arrays.stream(scores[i]).map(Math::exp).sum();
      for (int j = 0; j < n; j++) {
        pattern[i][j] = sum == 0 ? 0 : Math.exp(scores[i][j]) / sum;
        for (int x = 0; x < c.d; x++) {
          z[i][x] += gate * pattern[i][j] * c.v[c.at(row, columns[j], shared, c.kvHeads, x)];
        }
      }
    }
  }

  double[] values(Statistic statistic) {
    double[] values = new double[ids.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(statistic, i);
    }
    return values;
  }

  private double value(Statistic statistic, int i) {
    double[] p = pattern[i];
    boolean empty = Arrays.stream(p).sum() == 0;
    double sum = 0;
    if (statistic instanceof Statistic.Offset offset) {
      return i < offset.tokens() ? Double.NaN : p[i - offset.tokens()];
    } else if (statistic instanceof Statistic.SpanMass span) {
      for (int j = tokens.span(row, span.name()).start();
          j < tokens.span(row, span.name()).end();
          j++) {
        sum += p[j];
      }
      return sum;
    } else if (statistic instanceof Statistic.WindowedDistance within) {
      for (int j = 0; j < p.length; j++) {
        sum += p[j] * Math.min(within.window(), Math.abs(i - j));
      }
      return empty ? Double.NaN : sum;
    }
    switch (((Statistic.Simple) statistic).kind()) {
      case LOG_SUM_EXP:
        return Math.log(Arrays.stream(scores[i]).map(Math::exp).sum());
      case ENTROPY:
        return Arrays.stream(p).map(x -> x == 0 ? 0 : -x * Math.log(x)).sum();
      case MAX_PROBABILITY:
        return Arrays.stream(p).max().orElseThrow();
      case MAX_KEY:
        int best = 0;
        for (int j = 0; j < p.length; j++) {
          best = p[j] > p[best] ? j : best;
        }
        return empty ? Double.NaN : best;
      case SUM_OF_SQUARES:
        return Arrays.stream(p).map(x -> x * x).sum();
      case FIRST_KEY:
        return p[0];
      case INDUCTION:
        for (int j = i - 1; j >= 0; j--) {
          if (ids[j] == ids[i]) {
            return p[j + 1];
          }
        }
        return Double.NaN;
      case DUPLICATE:
        int count = 0;
        for (int j = 0; j < i; j++) {
          count += ids[j] == ids[i] ? 1 : 0;
          sum += ids[j] == ids[i] ? p[j] : 0;
        }
        return count == 0 ? Double.NaN : sum;
      case DISTANCE:
        for (int j = 0; j < p.length; j++) {
          sum += p[j] * Math.abs(i - j);
        }
        return empty ? Double.NaN : sum;
      default:
        throw new IllegalStateException(statistic.toString());
    }
  }

  double[] received() {
    double[] received = new double[ids.length];
    for (double[] p : pattern) {
      for (int j = 0; j < p.length; j++) {
        received[j] += p[j];
      }
    }
    return received;
  }
}
