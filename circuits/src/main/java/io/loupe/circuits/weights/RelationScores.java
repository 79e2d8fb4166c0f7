package io.loupe.circuits.weights;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which heads implement which relations, from the weights (Elhelo and Geva 2024, Inferring
 * Functionality of Attention Heads from their Parameters): the share of a relation's pairs whose
 * target is among the {@code best} tokens that the head raises when it attends to the source; for
 * suppression, that it lowers most. A pair is an example, with 0 or 1.
 *
 * <p>The control beside it is what other pairs' targets get: a head that raises capitals whatever
 * the country has a high score and as high a control. A second one is {@link RelationSet#reversed}.
 */
public final class RelationScores implements Displayable {
  private final int best;
  private final Map<String, HeadMap> raised = new LinkedHashMap<>();
  private final Map<String, HeadMap> lowered = new LinkedHashMap<>();
  private final Map<String, HeadMap> controls = new LinkedHashMap<>();

  private RelationScores(int best) {
    this.best = best;
  }

  /**
   * Scores all heads.
   *
   * @param best among how many tokens of the vocabulary the target must be, 1 or more
   * @throws IllegalArgumentException if a dense layer stands before the model's unembedding, or two
   *     relations have one name
   */
  public static RelationScores of(HeadWeights weights, List<RelationSet> relations, int best) {
    if (relations.isEmpty()) {
      throw new IllegalArgumentException(
          "Give at least one relation: RelationSet.of(Relation.CAPITAL, model.tokenizer())");
    }
    RelationScores scores = new RelationScores(best);
    Set<String> names = new HashSet<>();
    for (RelationSet relation : relations) {
      if (!names.add(relation.name())) {
        throw new IllegalArgumentException(
            "Two relations are named '%s'".formatted(relation.name()));
      }
    }
    scores.add(weights, relations);
    return scores;
  }

  private void add(HeadWeights weights, List<RelationSet> relations) {
    if (best < 1 || best > weights.config().vocab()) {
      throw new IllegalArgumentException(
          "A target can be among 1 to %d tokens; got %d".formatted(weights.config().vocab(), best));
    }
    List<Hits> hits = relations.stream().map(relation -> new Hits(weights, relation)).toList();
    int[] sources =
        relations.stream().flatMapToInt(r -> Arrays.stream(sources(weights, r))).toArray();
    for (Head head : weights.config().allHeads()) {
      FactoredMatrix circuit = weights.vocabularyOv(head, sources); // once for all relations
      int row = 0;
      for (Hits each : hits) {
        for (int pair = 0; pair < each.relation.pairs().size(); pair++) {
          each.take(head, pair, circuit.row(row++), best);
        }
      }
    }
    for (Hits each : hits) {
      String name = each.relation.name();
      raised.put(name, map(weights, each.relation, name, "raises most", each.high));
      lowered.put(
          name, map(weights, each.relation, name + ", suppressed", "lowers most", each.low));
      controls.put(
          name,
          map(
              weights,
              each.relation,
              name + ", other targets",
              "raises most, of other pairs' targets",
              each.control));
    }
  }

  /** One relation's values, [layer][head][pair], while they are gathered. */
  private static final class Hits {
    private final RelationSet relation;
    private final Set<Long> targets = new HashSet<>();
    private final double[][][] high;
    private final double[][][] low;
    private final double[][][] control;

    Hits(HeadWeights weights, RelationSet relation) {
      this.relation = relation;
      relation.pairs().forEach(pair -> targets.add(pair.target()));
      int layers = weights.config().layers();
      int heads = weights.config().heads();
      this.high = new double[layers][heads][relation.pairs().size()];
      this.low = new double[layers][heads][relation.pairs().size()];
      this.control = new double[layers][heads][relation.pairs().size()];
    }

    void take(Head head, int pair, double[] row, int best) {
      long target = relation.pairs().get(pair).target();
      List<FactoredMatrix.Entry> top = FactoredMatrix.largest(pair, row, best, 1);
      List<FactoredMatrix.Entry> bottom = FactoredMatrix.largest(pair, row, best, -1);
      high[head.layer()][head.index()][pair] = has(top, target) ? 1 : 0;
      low[head.layer()][head.index()][pair] = has(bottom, target) ? 1 : 0;
      long others =
          top.stream()
              .filter(e -> e.column() != target && targets.contains((long) e.column()))
              .count();
      control[head.layer()][head.index()][pair] =
          targets.size() == 1 ? Double.NaN : others / (targets.size() - 1.0);
    }
  }

  private HeadMap map(
      HeadWeights weights, RelationSet relation, String name, String what, double[][][] values) {
    return HeadMap.of(
        weights.origin(),
        new HeadMap.Label(
            name,
            "share of pairs whose target is among the %d tokens that the head %s when it attends to the source; 0 to 1"
                .formatted(best, what),
            "Elhelo and Geva 2024, Inferring Functionality of Attention Heads from their Parameters",
            "%s, %s".formatted(relation, weights.vectors())),
        values);
  }

  /** Returns for one relation whether each pair's target is among the highest, or lowest. */
  static HeadMap hits(HeadWeights weights, RelationSet relation, int best, int sign) {
    RelationScores scores = new RelationScores(best);
    scores.add(weights, List.of(relation));
    return sign > 0 ? scores.map(relation.name()) : scores.suppression(relation.name());
  }

  private static int[] sources(HeadWeights weights, RelationSet relation) {
    return relation.pairs().stream()
        .mapToInt(
            pair -> {
              VocabularyMap.token(weights.model(), pair.target());
              return (int) VocabularyMap.token(weights.model(), pair.source());
            })
        .toArray();
  }

  private static boolean has(List<FactoredMatrix.Entry> entries, long column) {
    return entries.stream().anyMatch(entry -> entry.column() == column);
  }

  /** Returns the relations' names, in order. */
  public List<String> relations() {
    return List.copyOf(raised.keySet());
  }

  /** Returns how far each head raises a relation's targets, 0 to 1. */
  public HeadMap map(String relation) {
    return of(raised, relation);
  }

  /** Returns how far each head lowers a relation's targets, 0 to 1. */
  public HeadMap suppression(String relation) {
    return of(lowered, relation);
  }

  /** Returns how far each head raises the targets of other pairs than the one it reads, 0 to 1. */
  public HeadMap control(String relation) {
    return of(controls, relation);
  }

  private static HeadMap of(Map<String, HeadMap> maps, String relation) {
    HeadMap map = maps.get(relation);
    if (map == null) {
      throw new IllegalArgumentException(
          "No relation '%s'; there are %s".formatted(relation, maps.keySet()));
    }
    return map;
  }

  /** Returns each relation's best head, with its control, and the head that suppresses it most. */
  public Table table() {
    Table table =
        Table.of(
            "relation",
            "pairs",
            "head",
            "score",
            "95 %",
            "other targets",
            "suppressed by",
            "suppression");
    for (String relation : relations()) {
      HeadMap map = map(relation);
      Head head = map.ranked().get(0);
      Head against = suppression(relation).ranked().get(0);
      Interval interval = map.interval(head);
      table =
          table.row(
              relation,
              map.examples(),
              head,
              map.score(head),
              interval,
              control(relation).score(head),
              against,
              suppression(relation).score(against));
    }
    return table;
  }

  /** Returns the relations that a head implements best, with score and control. */
  public Table table(Head head) {
    Table table = Table.of("relation", head.toString(), "95 %", "other targets", "suppressed");
    List<String> names = new ArrayList<>(relations());
    names.sort((a, b) -> Double.compare(map(b).score(head), map(a).score(head)));
    for (String relation : names) {
      table =
          table.row(
              relation,
              map(relation).score(head),
              map(relation).interval(head),
              control(relation).score(head),
              suppression(relation).score(head));
    }
    return table;
  }

  private String caption() {
    Origin origin = raised.values().iterator().next().origin();
    return "Relations by weights, target among the %d highest of the vocabulary (%s)"
        .formatted(best, origin);
  }

  @Override
  public MimeBundle display() {
    return table().display(caption());
  }

  @Override
  public String toString() {
    return caption() + ":\n" + table();
  }
}
