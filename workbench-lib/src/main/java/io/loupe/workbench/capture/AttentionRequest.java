package io.loupe.workbench.capture;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * What to keep of attention while it is computed, and what to change in it. Immutable: every method
 * returns a changed copy.
 *
 * <pre>{@code
 * var request = AttentionRequest.of(Statistic.ENTROPY, Statistic.PREVIOUS).topKeys(4);
 * var run = model.attention(tokens, request);
 * }</pre>
 *
 * @param statistics of each query's row, in the order asked for, none twice
 * @param heads the heads to report on; empty for all
 * @param detail how much of the rows is kept
 * @param topKeys how many of the most probable keys to keep for each query; 0 for none, at most 16
 * @param received whether to sum the mass that each key receives from all queries, which costs a
 *     second look at every key
 * @param outputs whether to keep z
 * @param patternHeads the heads of which whole rows of the pattern are kept
 * @param patternQueries the queries of these rows, in positions; negative ones count from the end
 * @param edits what is changed
 * @param backend the name of what computes: {@code cpu}, {@code cpu-float64}, or one that a further
 *     module brings, such as {@code cuda}
 */
public record AttentionRequest(
    List<Statistic> statistics,
    Optional<HeadSet> heads,
    Detail detail,
    int topKeys,
    boolean received,
    boolean outputs,
    HeadSet patternHeads,
    List<Integer> patternQueries,
    List<AttentionEdit> edits,
    String backend) {

  /** The most keys that can be kept for a query. */
  public static final int MOST_TOP_KEYS = 16;

  /** How much of the rows' statistics is kept. */
  public enum Detail {
    /** Each query's number. */
    ROWS,
    /** The mean over each prompt's queries. */
    PROMPTS,
    /** The mean over the prompts' means. */
    BATCH
  }

  public AttentionRequest {
    statistics = List.copyOf(new LinkedHashSet<>(statistics));
    patternQueries = List.copyOf(patternQueries);
    edits = List.copyOf(edits);
    if (topKeys < 0 || topKeys > MOST_TOP_KEYS) {
      throw new IllegalArgumentException(
          "Between 0 and %d keys can be kept for each query; got %d. Whole rows: pattern(heads, queries)"
              .formatted(MOST_TOP_KEYS, topKeys));
    }
    if (patternHeads.isEmpty() != patternQueries.isEmpty()) {
      throw new IllegalArgumentException(
          "Rows of the pattern need at least one head and one query; got %s and %s"
              .formatted(patternHeads, patternQueries));
    }
  }

  /** Returns a request for these statistics of every head, by query. */
  public static AttentionRequest of(Statistic... statistics) {
    return new AttentionRequest(
        Arrays.asList(statistics),
        Optional.empty(),
        Detail.ROWS,
        0,
        false,
        false,
        HeadSet.of(),
        List.of(),
        List.of(),
        "cpu");
  }

  /** Returns this request for some heads only; other layers are computed and not reported. */
  public AttentionRequest heads(HeadSet some) {
    if (some.isEmpty()) {
      throw new IllegalArgumentException(
          "Name at least one head; without heads(...) all are meant");
    }
    return new AttentionRequest(
        statistics,
        Optional.of(some),
        detail,
        topKeys,
        received,
        outputs,
        patternHeads,
        patternQueries,
        edits,
        backend);
  }

  /** Returns this request with other detail. */
  public AttentionRequest detail(Detail other) {
    return new AttentionRequest(
        statistics,
        heads,
        other,
        topKeys,
        received,
        outputs,
        patternHeads,
        patternQueries,
        edits,
        backend);
  }

  /** Returns this request with each query's most probable keys, 1 to {@value #MOST_TOP_KEYS}. */
  public AttentionRequest topKeys(int count) {
    return new AttentionRequest(
        statistics,
        heads,
        detail,
        count,
        received,
        outputs,
        patternHeads,
        patternQueries,
        edits,
        backend);
  }

  /** Returns this request with the mass that each key receives, summed over queries. */
  public AttentionRequest withReceived() {
    return new AttentionRequest(
        statistics,
        heads,
        detail,
        topKeys,
        true,
        outputs,
        patternHeads,
        patternQueries,
        edits,
        backend);
  }

  /** Returns this request with the heads' outputs z of every layer. */
  public AttentionRequest withOutputs() {
    return new AttentionRequest(
        statistics,
        heads,
        detail,
        topKeys,
        received,
        true,
        patternHeads,
        patternQueries,
        edits,
        backend);
  }

  /** Returns this request with whole rows of the pattern for some heads and queries. */
  public AttentionRequest pattern(HeadSet ofHeads, int... queries) {
    return new AttentionRequest(
        statistics,
        heads,
        detail,
        topKeys,
        received,
        outputs,
        ofHeads,
        Arrays.stream(queries).boxed().toList(),
        edits,
        backend);
  }

  /** Returns this request with edits behind those it has. */
  public AttentionRequest edit(AttentionEdit... more) {
    List<AttentionEdit> all = new ArrayList<>(edits);
    all.addAll(Arrays.asList(more));
    return new AttentionRequest(
        statistics,
        heads,
        detail,
        topKeys,
        received,
        outputs,
        patternHeads,
        patternQueries,
        all,
        backend);
  }

  /** Returns a request that changes the same and keeps nothing. */
  public AttentionRequest withoutStatistics() {
    return AttentionRequest.of().edit(edits.toArray(AttentionEdit[]::new)).on(backend);
  }

  /** Returns this request for another back end. */
  public AttentionRequest on(String name) {
    return new AttentionRequest(
        statistics,
        heads,
        detail,
        topKeys,
        received,
        outputs,
        patternHeads,
        patternQueries,
        edits,
        name);
  }

  /** Tells whether a head is reported on. */
  public boolean reports(Head head) {
    return heads.isEmpty() || heads.get().contains(head);
  }

  /**
   * Throws {@code IllegalArgumentException} if the model has not a head that is named, or the
   * tokens not a span or a query.
   */
  public void check(ModelConfig config, Tokens tokens) {
    heads.ifPresent(set -> require(set, config));
    require(patternHeads, config);
    edits.forEach(edit -> require(edit.heads(), config));
    checkTokens(tokens);
  }

  void checkTokens(Tokens tokens) {
    for (int row = 0; row < tokens.batch(); row++) {
      for (Statistic statistic : statistics) {
        if (statistic instanceof Statistic.SpanMass span) {
          tokens.span(row, span.name());
        }
      }
      for (int query : patternQueries) {
        tokens.column(row, query);
      }
      for (AttentionEdit edit : edits) {
        HeadEdits.check(edit, tokens, row);
      }
    }
  }

  private static void require(HeadSet heads, ModelConfig config) {
    for (Head head : heads) {
      if (head.layer() >= config.layers() || head.index() >= config.heads()) {
        throw new IllegalArgumentException(
            "There is no head %s: the model has %d layers of %d heads"
                .formatted(head, config.layers(), config.heads()));
      }
    }
  }
}
