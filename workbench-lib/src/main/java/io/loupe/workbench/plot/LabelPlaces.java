package io.loupe.workbench.plot;

import java.awt.geom.Rectangle2D;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Finds a place for a label beside a point. */
final class LabelPlaces {
  private static final double HEIGHT = 11;
  private static final double DISTANCE = 6;

  private LabelPlaces() {}

  /**
   * Returns the place, of eight around the point, that covers least of what is taken and stays in
   * the plot; the earlier one of equals.
   */
  static Rectangle2D best(
      double x, double y, double width, Rectangle2D plot, List<Rectangle2D> taken) {
    double left = x - DISTANCE - width;
    double right = x + DISTANCE;
    double middle = x - width / 2;
    double above = y - DISTANCE - HEIGHT + 1;
    double below = y + DISTANCE - 1;
    double level = y - HEIGHT / 2;
    return Stream.of(
            place(right, level, width),
            place(left, level, width),
            place(middle, above, width),
            place(middle, below, width),
            place(right - 3, above + 2, width),
            place(right - 3, below - 2, width),
            place(left + 3, above + 2, width),
            place(left + 3, below - 2, width))
        .min(Comparator.comparingDouble(place -> cost(place, plot, taken)))
        .orElseThrow();
  }

  private static Rectangle2D place(double x, double y, double width) {
    return new Rectangle2D.Double(x, y, width, HEIGHT);
  }

  private static double cost(Rectangle2D place, Rectangle2D plot, List<Rectangle2D> taken) {
    double covered = taken.stream().mapToDouble(other -> shared(place, other)).sum();
    double outside = place.getWidth() * place.getHeight() - shared(place, plot);
    return covered + 10 * outside;
  }

  private static double shared(Rectangle2D a, Rectangle2D b) {
    Rectangle2D both = a.createIntersection(b);
    return both.getWidth() > 0 && both.getHeight() > 0 ? both.getWidth() * both.getHeight() : 0;
  }
}
