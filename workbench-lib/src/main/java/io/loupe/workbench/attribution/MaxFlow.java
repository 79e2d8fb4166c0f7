package io.loupe.workbench.attribution;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The maximum flow through a directed graph with real capacities, by Dinic's algorithm (1970). */
final class MaxFlow {
  private static final double NOTHING = 1e-12;

  private final List<List<Integer>> edges = new ArrayList<>(); // of each node
  private final List<Integer> heads =
      new ArrayList<>(); // edge 2i goes there; 2i + 1 is its way back
  private final List<Double> capacities = new ArrayList<>(); // what is left of each edge

  MaxFlow(int nodes) {
    for (int node = 0; node < nodes; node++) {
      edges.add(new ArrayList<>());
    }
  }

  void edge(int from, int to, double capacity) {
    edges.get(from).add(heads.size());
    heads.add(to);
    capacities.add(capacity);
    edges.get(to).add(heads.size());
    heads.add(from);
    capacities.add(0.0);
  }

  /** Returns the flow; uses up the capacities. */
  double flow(int source, int sink) {
    double total = 0;
    int[] levels = levels(source);
    while (levels[sink] >= 0) {
      int[] next = new int[edges.size()]; // edges before this one are full
      double pushed = push(source, sink, Double.POSITIVE_INFINITY, levels, next);
      while (pushed > 0) {
        total += pushed;
        pushed = push(source, sink, Double.POSITIVE_INFINITY, levels, next);
      }
      levels = levels(source);
    }
    return total;
  }

  /** Returns each node's distance along edges that have room; -1 if it cannot be reached. */
  private int[] levels(int source) {
    int[] levels = new int[edges.size()];
    Arrays.fill(levels, -1);
    levels[source] = 0;
    ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(source));
    while (!queue.isEmpty()) {
      int node = queue.remove();
      for (int edge : edges.get(node)) {
        int to = heads.get(edge);
        if (levels[to] < 0 && capacities.get(edge) > NOTHING) {
          levels[to] = levels[node] + 1;
          queue.add(to);
        }
      }
    }
    return levels;
  }

  private double push(int node, int sink, double room, int[] levels, int[] next) {
    if (node == sink) {
      return room;
    }
    List<Integer> own = edges.get(node);
    for (; next[node] < own.size(); next[node]++) {
      int edge = own.get(next[node]);
      int to = heads.get(edge);
      double left = capacities.get(edge);
      if (left > NOTHING && levels[to] == levels[node] + 1) {
        double pushed = push(to, sink, Math.min(room, left), levels, next);
        if (pushed > 0) {
          capacities.set(edge, left - pushed);
          capacities.set(edge ^ 1, capacities.get(edge ^ 1) + pushed);
          return pushed;
        }
      }
    }
    return 0;
  }
}
