package io.loupe.datasets.task;

import java.util.List;

/**
 * Token ids with what a model should say where.
 *
 * @param ids the tokens
 * @param labels the right outputs, by position
 * @param spans named runs of positions; they may overlap, their names differ
 */
public record IdSequence(List<Integer> ids, List<Label> labels, List<PositionSpan> spans) {
  /**
   * What a model should say at a position.
   *
   * @param position where; the prediction is read there
   * @param id the token, or the class, to predict
   */
  public record Label(int position, int id) {}

  /**
   * A named run of positions.
   *
   * @param start its first position
   * @param end the position behind its last; greater than start
   */
  public record PositionSpan(String name, int start, int end) {
    public PositionSpan {
      if (name.isBlank() || start < 0 || end <= start) {
        throw new IllegalArgumentException(
            "Span '%s' needs a name and 0 <= start < end, got [%d, %d)"
                .formatted(name, start, end));
      }
    }
  }

  public IdSequence {
    ids = List.copyOf(ids);
    labels = List.copyOf(labels);
    spans = List.copyOf(spans);
    int length = ids.size();
    if (labels.isEmpty() || ids.stream().anyMatch(id -> id < 0)) {
      throw new IllegalArgumentException("A sequence needs a label, and no id is negative");
    }
    for (Label label : labels) {
      if (label.position() < 0 || label.position() >= length || label.id() < 0) {
        throw new IllegalArgumentException(label + " is outside of " + length + " tokens");
      }
    }
    for (PositionSpan span : spans) {
      if (span.end() > length) {
        throw new IllegalArgumentException(span + " is outside of " + length + " tokens");
      }
    }
    if (spans.stream().map(PositionSpan::name).distinct().count() < spans.size()
        || labels.stream().map(Label::position).distinct().count() < labels.size()) {
      throw new IllegalArgumentException(
          "Spans need different names and labels different positions, got "
              + spans
              + ", "
              + labels);
    }
  }

  /** Returns the ids, [pos], as the workbench's {@code Tokens} take them. */
  public long[] toArray() {
    return ids.stream().mapToLong(id -> id).toArray();
  }

  /**
   * Returns the label at a position.
   *
   * @throws IllegalArgumentException if there is none
   */
  public int label(int position) {
    return labels.stream()
        .filter(label -> label.position() == position)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "No label at position " + position + "; there are " + labels))
        .id();
  }

  /**
   * Returns the span of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public PositionSpan span(String name) {
    return spans.stream()
        .filter(span -> span.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("No span '" + name + "'; there are " + spans));
  }

  /** Returns the ids inside the span of that name. */
  public List<Integer> idsOf(String name) {
    PositionSpan span = span(name);
    return ids.subList(span.start(), span.end());
  }
}
