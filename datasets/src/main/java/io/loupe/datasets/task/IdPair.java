package io.loupe.datasets.task;

import io.loupe.datasets.task.IdSequence.PositionSpan;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Two sequences of token ids that differ inside named spans only. Both have right labels, so either
 * can be trained on.
 *
 * @param clean the sequence that is asked about
 * @param corrupted the sequence with what decides the answer changed
 * @param position where the answers of the two differ
 * @param group what is kept in one split
 * @param split the split of the clean sequence
 */
public record IdPair(
    IdSequence clean, IdSequence corrupted, int position, String group, Split split)
    implements Pair<IdSequence> {
  public IdPair {
    if (clean.ids().size() != corrupted.ids().size() || !clean.spans().equals(corrupted.spans())) {
      throw new IllegalArgumentException(
          "Clean and corrupted need the same length and spans, got " + clean + ", " + corrupted);
    }
    if (clean.label(position) == corrupted.label(position)) {
      throw new IllegalArgumentException(
          "The labels at position " + position + " are the same: " + clean.label(position));
    }
    for (int i : differing(clean, corrupted)) {
      if (clean.spans().stream().noneMatch(span -> span.start() <= i && i < span.end())) {
        throw new IllegalArgumentException(
            "Clean and corrupted must differ inside named spans and nowhere else, got position "
                + i);
      }
    }
  }

  /** Returns what the clean sequence should give at {@link #position}. */
  public int answer() {
    return clean.label(position);
  }

  /** Returns what the corrupted sequence should give there. */
  public int wrong() {
    return corrupted.label(position);
  }

  /** Returns the positions at which the corrupted sequence has another token. */
  public int[] differing() {
    return differing(clean, corrupted);
  }

  /** Returns the names of the spans in which the corrupted sequence has another token. */
  public List<String> changed() {
    return clean.spans().stream()
        .map(PositionSpan::name)
        .filter(name -> !clean.idsOf(name).equals(corrupted.idsOf(name)))
        .toList();
  }

  private static int[] differing(IdSequence clean, IdSequence corrupted) {
    return IntStream.range(0, clean.ids().size())
        .filter(i -> !clean.ids().get(i).equals(corrupted.ids().get(i)))
        .toArray();
  }
}
