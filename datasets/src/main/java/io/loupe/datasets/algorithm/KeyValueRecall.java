package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Multi-query associative recall: pairs of key and value, then keys whose values are asked for
 * (MQAR; Arora et al. 2024, Zoology: Measuring and Improving Recall in Efficient Language Models).
 *
 * <p>Keys are ids 0 to {@code keys - 1}, values the {@code values} ids behind them. A sequence is
 * k1 v1 k2 v2 ... and then {@code queries} of the keys in random order; labels: at each query its
 * value. Spans: {@code key}, {@code value} (those of the query that is asked), {@code query}.
 * Corrupted: that value is another one. Splits: cut from all sequences. The paper spreads queries
 * over a longer sequence by a power law; here they follow each other, which needs no filler.
 */
public final class KeyValueRecall extends CutTask<IdPair> {
  private final int keys;
  private final int values;
  private final int pairs;
  private final int queries;

  /** The task with 32 keys, 32 values, 8 pairs and 4 queries. */
  public KeyValueRecall() {
    this(32, 32, 8, 4);
  }

  /**
   * The task of this size.
   *
   * @param keys how many ids are keys; at least {@code pairs}
   * @param values how many ids are values; 2 or more
   * @param pairs how many pairs stand in a sequence
   * @param queries how many of them are asked for, 1 to {@code pairs}
   */
  public KeyValueRecall(int keys, int values, int pairs, int queries) {
    super(
        new TaskInfo(
            "mqar",
            "Which value had the key? Corrupted: the value of the key that is asked for.",
            "Arora et al. 2024, Zoology: Measuring and Improving Recall in Efficient Language"
                + " Models"),
        SplitShares.USUAL);
    Ids.atLeast("queries", queries, 1);
    Ids.atLeast("pairs", pairs, queries);
    Ids.atLeast("keys", keys, pairs);
    Ids.atLeast("values", values, 2);
    this.keys = keys;
    this.values = values;
    this.pairs = pairs;
    this.queries = queries;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    int[] key = choices.distinct(keys, pairs);
    int[] value = new int[pairs];
    Arrays.setAll(value, i -> choices.below(values));
    int[] asked = choices.distinct(pairs, queries);
    int which = choices.free().nextInt(queries);
    int[] changed = value.clone();
    int pair = asked[which];
    changed[pair] = Ids.other(choices.free(), values, List.of(value[pair]));
    return new IdPair(
        sequence(key, value, asked, which),
        sequence(key, changed, asked, which),
        2 * pairs + which,
        "",
        split);
  }

  private IdSequence sequence(int[] key, int[] value, int[] asked, int which) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      ids.add(key[i]);
      ids.add(keys + value[i]);
    }
    List<Label> labels = new ArrayList<>();
    for (int pair : asked) {
      labels.add(new Label(ids.size(), keys + value[pair]));
      ids.add(key[pair]);
    }
    List<PositionSpan> spans =
        List.of(
            Ids.at("key", 2 * asked[which]),
            Ids.at("value", 2 * asked[which] + 1),
            Ids.at("query", 2 * pairs + which));
    return new IdSequence(ids, labels, spans);
  }
}
