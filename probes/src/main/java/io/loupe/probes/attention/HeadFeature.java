package io.loupe.probes.attention;

import io.loupe.probes.data.Example;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.List;

/**
 * One number of each head at each query, made of statistics that are reduced while attention is
 * computed. Of an example's queries the mean is taken; queries for which it is not defined are left
 * out.
 */
public sealed interface HeadFeature {
  /**
   * The lookback ratio (Chuang et al. 2024, Lookback Lens): the mean weight on a token of the
   * context, over that plus the mean weight on a token of the answer so far, the query's own
   * included. In [0, 1]; means and not sums, so that a long context does not win by its length.
   *
   * @param context a span; the paper's is the whole prompt, {@link Answers#PROMPT}
   */
  static HeadFeature lookback(String context) {
    return new Lookback(context);
  }

  /**
   * The mass on one span over that on two: sums, not means. With instruction and data it is what
   * Attention Tracker tracks, with the data's tokens taken out of account (Hung et al. 2025). In
   * [0, 1]; not defined where neither gets any.
   */
  static HeadFeature share(String span, String against) {
    return new Share(span, against);
  }

  /** The mass on a span, in [0, 1]. */
  static HeadFeature mass(String span) {
    return new Plain(Statistic.span(span));
  }

  /** The entropy of the row, in nats. */
  static HeadFeature entropy() {
    return new Plain(Statistic.ENTROPY);
  }

  /** The mass on the first token, the usual sink (Xiao et al. 2024), in [0, 1]. */
  static HeadFeature sink() {
    return new Plain(Statistic.FIRST_KEY);
  }

  /** The mean distance between query and key, in tokens. */
  static HeadFeature distance() {
    return new Plain(Statistic.DISTANCE);
  }

  /**
   * Any other statistic as it is.
   *
   * @throws IllegalArgumentException for {@link Statistic#MAX_KEY}, which is a place and no size
   */
  static HeadFeature of(Statistic statistic) {
    return new Plain(statistic);
  }

  /** Returns the statistics that it is made of. */
  List<Statistic> reads();

  /**
   * Refuses an example that cannot have it; called before the model is run.
   *
   * @throws IllegalArgumentException naming the span or the query that is missing
   */
  void check(Tokens tokens, Example example);

  /**
   * Returns its value at one query.
   *
   * @param values of {@link #reads}, in their order
   * @param query its position
   * @return NaN if it is not defined there
   */
  double at(double[] values, Tokens tokens, int row, int query);

  /**
   * See {@link #lookback}.
   *
   * @param context the name of a span
   */
  record Lookback(String context) implements HeadFeature {
    @Override
    public List<Statistic> reads() {
      return List.of(Statistic.span(context), Statistic.span(Answers.ANSWER));
    }

    @Override
    public void check(Tokens tokens, Example example) {
      tokens.span(example.row(), context);
      if (tokens.spans(example.row()).stream().noneMatch(s -> s.name().equals(Answers.ANSWER))) {
        throw new IllegalArgumentException(
            "A lookback ratio compares the context with what was generated, and row %d has no span '%s': let the model answer first, Answers.of(model, prompts, options)"
                .formatted(example.row(), Answers.ANSWER));
      }
      Span answer = tokens.span(example.row(), Answers.ANSWER);
      if (example.start() < answer.start() || example.end() > answer.end()) {
        throw new IllegalArgumentException(
            "A lookback ratio is that of generated tokens: row %d generated positions %d to %d, the example stands at %d to %d. Use Answers.data(...)"
                .formatted(
                    example.row(),
                    answer.start(),
                    answer.end() - 1,
                    example.start(),
                    example.end() - 1));
      }
    }

    @Override
    public double at(double[] values, Tokens tokens, int row, int query) {
      Span span = tokens.span(row, context);
      double onContext = values[0] / (span.end() - span.start());
      double onAnswer = values[1] / (query - tokens.span(row, Answers.ANSWER).start() + 1);
      return onContext / (onContext + onAnswer);
    }

    @Override
    public String toString() {
      return "lookback to '" + context + "'";
    }
  }

  /**
   * See {@link #share}.
   *
   * @param span whose mass
   * @param against the other span
   */
  record Share(String span, String against) implements HeadFeature {
    @Override
    public List<Statistic> reads() {
      return List.of(Statistic.span(span), Statistic.span(against));
    }

    @Override
    public void check(Tokens tokens, Example example) {
      tokens.span(example.row(), span);
      tokens.span(example.row(), against);
    }

    @Override
    public double at(double[] values, Tokens tokens, int row, int query) {
      return values[0] / (values[0] + values[1]);
    }

    @Override
    public String toString() {
      return "share of '%s' against '%s'".formatted(span, against);
    }
  }

  /**
   * A statistic as it is.
   *
   * @param statistic not {@link Statistic#MAX_KEY}
   */
  record Plain(Statistic statistic) implements HeadFeature {
    public Plain {
      if (statistic.equals(Statistic.MAX_KEY)) {
        throw new IllegalArgumentException(
            "'%s' is a position and no size that a linear detector could weigh; HeadFeature.distance() says how far a head looks, HeadParser where"
                .formatted(statistic));
      }
    }

    @Override
    public List<Statistic> reads() {
      return List.of(statistic);
    }

    @Override
    public void check(Tokens tokens, Example example) {
      if (statistic instanceof Statistic.SpanMass mass) {
        tokens.span(example.row(), mass.name());
      }
      if (statistic instanceof Statistic.Offset offset && example.end() <= offset.tokens()) {
        throw new IllegalArgumentException(
            "'%s' is not defined in the example at positions %d to %d of row %d: nothing stands so far before"
                .formatted(statistic, example.start(), example.end() - 1, example.row()));
      }
    }

    @Override
    public double at(double[] values, Tokens tokens, int row, int query) {
      return values[0];
    }

    @Override
    public String toString() {
      return statistic.toString();
    }
  }
}
