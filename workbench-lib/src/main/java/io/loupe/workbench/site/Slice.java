package io.loupe.workbench.site;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A part of an activation: for some axes, which indices. Axes that are not named are taken whole.
 * {@code Slice.at(POS, 4).and(HEAD, 6)} is head 6 at position 4; {@code Slice.span("needle")} is
 * the positions of a named span, in each row where that row has it.
 *
 * <p>Positions ({@code POS}, {@code QUERY_POS}, {@code KEY_POS}) are counted over each prompt's own
 * tokens: padding is not counted, and negative positions count from the prompt's end, -1 being its
 * last token. Indices of other axes are counted from 0.
 *
 * <p>In generation a slice may also be cut to steps: step 0 computes the prompt, each further step
 * the token before it. A plain run is step 0.
 *
 * @param selections axis to what is selected on it
 * @param steps in which steps of a generation
 */
public record Slice(Map<Axis, Selection> selections, Steps steps) {
  /** Everything. */
  public static final Slice ALL = new Slice(Map.of(), Steps.ALL);

  public Slice {
    selections = Collections.unmodifiableMap(new LinkedHashMap<>(selections));
  }

  /**
   * Steps of a generation, counted from 0.
   *
   * @param from the first
   * @param to the one behind the last
   */
  public record Steps(int from, int to) {
    /** Every step. */
    public static final Steps ALL = new Steps(0, Integer.MAX_VALUE);

    public Steps {
      if (from < 0 || to <= from) {
        throw new IllegalArgumentException(
            "Steps are counted from 0 and need a first and a later one behind the last; got %d to %d"
                .formatted(from, to));
      }
    }

    /** Tells whether a step is one of these. */
    public boolean contains(int step) {
      return step >= from && step < to;
    }

    @Override
    public String toString() {
      return to == Integer.MAX_VALUE ? from + "-" : from + "-" + (to - 1);
    }
  }

  /** What is selected on one axis: indices, or the positions of a named span. */
  public sealed interface Selection permits Indices, Named {}

  /**
   * Selected indices.
   *
   * @param indices as given, negative ones from the end on position axes
   */
  public record Indices(List<Integer> indices) implements Selection {
    public Indices {
      if (indices.isEmpty()) {
        throw new IllegalArgumentException(
            "A slice needs at least one index; leave the axis out to take all of it");
      }
      indices = List.copyOf(indices);
    }

    @Override
    public String toString() {
      return indices.toString();
    }
  }

  /**
   * The positions of a named span.
   *
   * @param span the span's name
   */
  public record Named(String span) implements Selection {
    @Override
    public String toString() {
      return "'" + span + "'";
    }
  }

  /** Selects indices of one axis. */
  public static Slice at(Axis axis, int... indices) {
    return ALL.and(axis, indices);
  }

  /** Selects positions of the prompt, -1 being its last token. */
  public static Slice positions(int... positions) {
    return at(Axis.POS, positions);
  }

  /** Selects the positions of a named span. */
  public static Slice span(String name) {
    return ALL.andSpan(Axis.POS, name);
  }

  /** Selects who attends, at scores and pattern: positions of queries. */
  public static Slice queries(int... positions) {
    return at(Axis.QUERY_POS, positions);
  }

  /** Selects what is attended to, at scores and pattern: positions of keys. */
  public static Slice keys(int... positions) {
    return at(Axis.KEY_POS, positions);
  }

  /** Selects the attention of one named span to another, at scores and pattern. */
  public static Slice between(String querySpan, String keySpan) {
    return ALL.andSpan(Axis.QUERY_POS, querySpan).andSpan(Axis.KEY_POS, keySpan);
  }

  /** Selects rows of the batch. */
  public static Slice rows(int... rows) {
    return at(Axis.BATCH, rows);
  }

  /** Returns this slice cut down further on another axis. */
  public Slice and(Axis axis, int... indices) {
    return with(axis, new Indices(Arrays.stream(indices).boxed().toList()));
  }

  /** Returns this slice cut down to a named span on a position axis. */
  public Slice andSpan(Axis axis, String name) {
    if (!axis.isPosition()) {
      throw new IllegalArgumentException(
          "A span selects positions: POS, QUERY_POS or KEY_POS, not " + axis);
    }
    return with(axis, new Named(name));
  }

  private Slice with(Axis axis, Selection selection) {
    if (selections.containsKey(axis)) {
      throw new IllegalArgumentException(axis + " is already cut to " + selections.get(axis));
    }
    Map<Axis, Selection> all = new LinkedHashMap<>(selections);
    all.put(axis, selection);
    return new Slice(all, steps);
  }

  /** Returns this slice not cut on an axis. */
  public Slice without(Axis axis) {
    Map<Axis, Selection> all = new LinkedHashMap<>(selections);
    all.remove(axis);
    return new Slice(all, steps);
  }

  /** Returns this slice in these steps of a generation only, {@code from} to {@code to - 1}. */
  public Slice inSteps(int from, int to) {
    return new Slice(selections, new Steps(from, to));
  }

  /**
   * Returns this slice from a step of a generation on: from 1 on, what is generated is changed and
   * the prompt is not.
   */
  public Slice fromStep(int from) {
    return inSteps(from, Integer.MAX_VALUE);
  }

  /** Tells whether no part of the activation is cut away, in the steps that it is for. */
  public boolean isAll() {
    return selections.isEmpty();
  }

  @Override
  public String toString() {
    String parts =
        isAll()
            ? "all"
            : selections.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(" "));
    return steps.equals(Steps.ALL) ? parts : parts + " in steps " + steps;
  }
}
