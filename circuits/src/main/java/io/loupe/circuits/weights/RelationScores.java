package io.loupe.circuits.weights;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
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
 * the country has a high score and as high a control.
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
    for (RelationSet relation : relations) {
      if (scores.raised.containsKey(relation.name())) {
        throw new IllegalArgumentException(
            "Two relations are named '%s'".formatted(relation.name()));
      }
      scores.add(weights, relation);
    }
    return scores;
  }

  private void add(HeadWeights weights, RelationSet relation) {
    if (best < 1 || best > weights.config().vocab()) {
      throw new IllegalArgumentException(
          "A target can be among 1 to %d tokens; got %d".formatted(weights.config().vocab(), best));
    }
    int heads = weights.config().heads();
    int count = relation.pairs().size();
    double[][][] high = new double[weights.config().layers()][heads][count];
    double[][][] low = new double[weights.config().layers()][heads][count];
    double[][][] control = new double[weights.config().layers()][heads][count];
    Set<Long> targets = new HashSet<>();
    relation.pairs().forEach(pair -> targets.add(pair.target()));
    int[] rows = sources(weights, relation);
    for (Head head : weights.config().allHeads()) {
      FactoredMatrix circuit = weights.vocabularyOv(head, rows);
      for (int i = 0; i < count; i++) {
        long target = relation.pairs().get(i).target();
        double[] row = circuit.row(i);
        List<FactoredMatrix.Entry> top = FactoredMatrix.largest(i, row, best, 1);
        List<FactoredMatrix.Entry> bottom = FactoredMatrix.largest(i, row, best, -1);
        high[head.layer()][head.index()][i] = has(top, target) ? 1 : 0;
        low[head.layer()][head.index()][i] = has(bottom, target) ? 1 : 0;
        long others =
            top.stream()
                .filter(e -> e.column() != target && targets.contains((long) e.column()))
                .count();
        control[head.layer()][head.index()][i] =
            targets.size() == 1 ? Double.NaN : others / (targets.size() - 1.0);
      }
    }
    String name = relation.name();
    raised.put(name, map(weights, relation, name, "raises most", high));
    lowered.put(name, map(weights, relation, name + ", suppressed", "lowers most", low));
    controls.put(
        name,
        map(
            weights,
            relation,
            name + ", other targets",
            "raises most, of other pairs' targets",
            control));
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
    scores.add(weights, relation);
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
            "score ");
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
