package io.loupe.probes.trainer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Minimises a smooth function with limited-memory BFGS (Nocedal 1980; Liu and Nocedal 1989): ten
 * pairs of steps and changes of the gradient, a backtracking line search (Armijo), and pairs
 * without curvature left out.
 */
final class Lbfgs {
  private static final int PAIRS = 10;
  private static final double DECREASE = 1e-4;

  /** The part of a loss below which float32 sums tell nothing. */
  private static final double NOISE = 2e-7;

  private Lbfgs() {}

  /** What is minimised. */
  interface Function {
    /** Returns the value at a point and writes the gradient there. */
    double at(double[] point, double[] gradient);
  }

  private record Pair(double[] step, double[] change, double curvature) {}

  /**
   * Minimises, changing the point.
   *
   * @param tolerance it ends where no entry of the gradient is larger
   * @param most iterations
   * @return how many iterations were needed
   */
  static int minimise(Function function, double[] point, double tolerance, int most) {
    double[] gradient = new double[point.length];
    double value = function.at(point, gradient);
    Deque<Pair> pairs = new ArrayDeque<>();
    for (int iteration = 0; iteration < most; iteration++) {
      if (largest(gradient) <= tolerance) {
        return iteration;
      }
      double[] direction = direction(gradient, pairs);
      double slope = dot(direction, gradient);
      if (slope >= 0) {
        pairs.clear();
        direction = direction(gradient, pairs);
        slope = dot(direction, gradient);
      }
      double length = pairs.isEmpty() ? Math.min(1, 1 / norm(gradient)) : 1;
      double[] next = new double[point.length];
      double[] nextGradient = new double[point.length];
      double nextValue = value;
      boolean found = false;
      for (int halving = 0; halving < 30 && !found; halving++) {
        for (int i = 0; i < next.length; i++) {
          next[i] = point[i] + length * direction[i];
        }
        nextValue = function.at(next, nextGradient);
        found = nextValue <= value + DECREASE * length * slope + NOISE * Math.abs(value);
        length *= found ? 1 : halving < 2 ? 0.5 : 0.2;
      }
      if (!found) {
        return iteration;
      }
      remember(pairs, point, next, gradient, nextGradient);
      System.arraycopy(next, 0, point, 0, point.length);
      gradient = nextGradient;
      value = nextValue;
    }
    return most;
  }

  /** Returns the quasi-Newton direction by the two-loop recursion. */
  private static double[] direction(double[] gradient, Deque<Pair> pairs) {
    double[] q = new double[gradient.length];
    for (int i = 0; i < q.length; i++) {
      q[i] = -gradient[i];
    }
    double[] alphas = new double[pairs.size()];
    int k = 0;
    for (Pair pair : pairs) { // the newest first
      alphas[k] = dot(pair.step, q) / pair.curvature;
      plus(q, -alphas[k], pair.change);
      k++;
    }
    Pair newest = pairs.peekFirst();
    if (newest != null) {
      double scale = newest.curvature / dot(newest.change, newest.change);
      for (int i = 0; i < q.length; i++) {
        q[i] *= scale;
      }
    }
    for (Iterator<Pair> oldest = pairs.descendingIterator(); oldest.hasNext(); ) {
      Pair pair = oldest.next();
      k--;
      double beta = dot(pair.change, q) / pair.curvature;
      plus(q, alphas[k] - beta, pair.step);
    }
    return q;
  }

  private static void remember(
      Deque<Pair> pairs, double[] point, double[] next, double[] gradient, double[] nextGradient) {
    double[] step = new double[point.length];
    double[] change = new double[point.length];
    for (int i = 0; i < step.length; i++) {
      step[i] = next[i] - point[i];
      change[i] = nextGradient[i] - gradient[i];
    }
    double curvature = dot(step, change);
    if (curvature <= 1e-10 * norm(step) * norm(change)) {
      return;
    }
    pairs.addFirst(new Pair(step, change, curvature));
    if (pairs.size() > PAIRS) {
      pairs.removeLast();
    }
  }

  private static void plus(double[] a, double factor, double[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += factor * b[i];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }

  private static double largest(double[] a) {
    double most = 0;
    for (double x : a) {
      most = Math.max(most, Math.abs(x));
    }
    return most;
  }
}
