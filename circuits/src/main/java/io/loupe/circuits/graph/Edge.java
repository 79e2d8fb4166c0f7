package io.loupe.circuits.graph;

import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import java.util.Comparator;

/**
 * A direct way from what one part of a model writes to where another reads.
 *
 * @param from who writes
 * @param to who reads
 */
public record Edge(Node from, Input to) implements Comparable<Edge> {
  /** Orders by the reader, then by the writer, as the forward pass comes to them. */
  @Override
  public int compareTo(Edge other) {
    return Comparator.comparing(Edge::to).thenComparing(Edge::from).compare(this, other);
  }

  /** Returns e.g. {@code L3H1 -> L4H4.k}. */
  @Override
  public String toString() {
    return from + " -> " + to;
  }
}
