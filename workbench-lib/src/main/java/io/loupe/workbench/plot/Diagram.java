package io.loupe.workbench.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Boxes in rows, from the bottom to the top, and lines that lead upwards between them. A line's
 * colour may show a number, red below 0 and blue above; its strength grows with the number's size.
 */
public final class Diagram extends Figure {
  private static final int BOX_HEIGHT = 20;
  private static final int ROW_GAP = 46;
  private static final int BOX_GAP = 14;
  private static final int LABELS = 70;

  private final List<Box> boxes;
  private final List<Line> lines;
  private final String what;

  /**
   * A box.
   *
   * @param name unlike that of any other box
   * @param row from 0, the lowest; rows without a box take no room
   * @param rowLabel written at the left of the row; empty for nothing
   * @param kind boxes of a kind have one colour, 0 to 3
   */
  public record Box(String name, int row, String rowLabel, int kind) {}

  /**
   * A line from one box to another in a higher row.
   *
   * @param label written at its upper end, such as {@code q}; empty for nothing
   * @param value shown by colour and strength; NaN for none
   */
  public record Line(String from, String to, String label, double value) {}

  private Diagram(List<Box> boxes, List<Line> lines, String what, Frame frame) {
    super(frame);
    this.boxes = boxes;
    this.lines = lines;
    this.what = what;
  }

  /**
   * Draws boxes and lines.
   *
   * @throws IllegalArgumentException if there is no box, two have one name, or a line does not lead
   *     upwards between two of them
   */
  static Diagram of(List<Box> boxes, List<Line> lines) {
    Map<String, Box> byName = new HashMap<>();
    for (Box box : boxes) {
      if (byName.put(box.name(), box) != null) {
        throw new IllegalArgumentException("Two boxes are called '" + box.name() + "'");
      }
    }
    if (boxes.isEmpty()) {
      throw new IllegalArgumentException("A diagram needs at least one box");
    }
    for (Line line : lines) {
      Box from = byName.get(line.from());
      Box to = byName.get(line.to());
      if (from == null || to == null || from.row() >= to.row()) {
        throw new IllegalArgumentException(
            "A line leads from a box to one in a higher row; got " + line);
      }
    }
    return new Diagram(List.copyOf(boxes), List.copyOf(lines), "Diagram", Frame.NATURAL);
  }

  /** Returns this diagram with a title. */
  public Diagram title(String title) {
    return new Diagram(boxes, lines, what, frame().withTitle(title));
  }

  /** Returns this diagram with other words in its description, such as {@code Circuit}. */
  public Diagram describedAs(String words) {
    return new Diagram(boxes, lines, words, frame());
  }

  @Override
  public Diagram withTitle(String title) {
    return title(title);
  }

  @Override
  public Diagram withSize(int width, int height) {
    return new Diagram(boxes, lines, what, frame().withSize(width, height));
  }

  @Override
  public int width() {
    return frame().isNatural() ? (int) Math.ceil(naturalWidth()) : frame().width();
  }

  @Override
  public int height() {
    return frame().isNatural() ? naturalHeight() : frame().height();
  }

  @Override
  public String description() {
    return "%s%s of %d boxes and %d lines"
        .formatted(title().isEmpty() ? "" : title() + ": ", what, boxes.size(), lines.size());
  }

  private double naturalWidth() {
    double widest = 0;
    for (List<Box> row : rows().values()) {
      double width = 0;
      for (Box box : row) {
        width += boxWidth(box) + BOX_GAP;
      }
      widest = Math.max(widest, width - BOX_GAP);
    }
    return Math.max(widest + LABELS + 2 * Style.PADDING + 20, frame().titleWidth());
  }

  private int naturalHeight() {
    return (int) Math.ceil(frame().titleHeight(width()))
        + rows().size() * (BOX_HEIGHT + ROW_GAP)
        - ROW_GAP
        + 2 * Style.PADDING;
  }

  private static double boxWidth(Box box) {
    return Text.width(box.name(), Style.labelFont()) + 12;
  }

  private TreeMap<Integer, List<Box>> rows() {
    TreeMap<Integer, List<Box>> rows = new TreeMap<>();
    boxes.forEach(box -> rows.computeIfAbsent(box.row(), row -> new ArrayList<>()).add(box));
    return rows;
  }

  /** Where a box stands: its middle and its half width. */
  private record Place(double x, double y, double half) {}

  private Map<String, Place> places() {
    Map<String, Place> places = new HashMap<>();
    TreeMap<Integer, List<Box>> rows = rows();
    double room = width() - 2.0 * Style.PADDING - LABELS;
    double top = frame().titleHeight(width()) + Style.PADDING + BOX_HEIGHT / 2.0;
    double bottom = height() - Style.PADDING - BOX_HEIGHT / 2.0;
    int index = 0;
    for (List<Box> row : rows.values()) {
      double share = rows.size() == 1 ? 0.5 : (double) index / (rows.size() - 1);
      double y = bottom - share * (bottom - top);
      double boxesWidth = row.stream().mapToDouble(Diagram::boxWidth).sum();
      double gap = (room - boxesWidth) / (row.size() + 1);
      // boxes straight above each other would hide the lines behind them
      boolean inside = index > 0 && index < rows.size() - 1;
      double shift = !inside ? 0 : row.size() > 1 ? (index % 2) * -0.3 : index % 4 < 2 ? -0.3 : 0.3;
      double x = Style.PADDING + LABELS + gap * (1 + shift);
      for (Box box : row) {
        double half = boxWidth(box) / 2;
        places.put(box.name(), new Place(x + half, y, half));
        x += 2 * half + gap;
      }
      index++;
    }
    return places;
  }

  @Override
  void paint(Graphics2D g) {
    Map<String, Place> places = places();
    frame().paintTitle(g, width());
    double largest =
        lines.stream()
            .mapToDouble(line -> Math.abs(line.value()))
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    List<Line> ordered = new ArrayList<>(lines);
    ordered.sort(Comparator.comparingDouble(line -> strength(line, largest)));
    for (Line line : ordered) {
      paint(g, line, places, largest);
    }
    paintRowLabels(g, places);
    for (Box box : boxes) {
      paint(g, box, place(places, box.name()));
    }
  }

  private static Place place(Map<String, Place> places, String name) {
    Place place = places.get(name);
    if (place == null) {
      throw new IllegalStateException("no place for " + name);
    }
    return place;
  }

  private static double strength(Line line, double largest) {
    return Double.isNaN(line.value()) || largest == 0 ? 0.35 : Math.abs(line.value()) / largest;
  }

  private static void paint(Graphics2D g, Line line, Map<String, Place> places, double largest) {
    Place from = place(places, line.from());
    Place to = place(places, line.to());
    double strength = strength(line, largest);
    Color color =
        Double.isNaN(line.value())
            ? Style.SOFT_INK
            : ColorMap.DIVERGING.at(line.value() < 0 ? 0.12 : 0.88);
    g.setColor(Style.withAlpha(color, (int) Math.round(70 + 185 * Math.sqrt(strength))));
    g.setStroke(
        new BasicStroke(
            (float) (0.6 + 3.2 * strength), BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
    double shift =
        switch (line.label()) {
          case "q" -> -0.6;
          case "v" -> 0.6;
          default -> 0;
        };
    double endX = to.x() + shift * to.half();
    double endY = to.y() + BOX_HEIGHT / 2.0;
    double startY = from.y() - BOX_HEIGHT / 2.0;
    double bend = Math.min(60, 0.45 * (startY - endY));
    Path2D.Double path = new Path2D.Double();
    path.moveTo(from.x(), startY);
    path.curveTo(from.x(), startY - bend, endX, endY + bend, endX, endY);
    g.draw(path);
    if (!line.label().isEmpty()) {
      g.setColor(Style.SOFT_INK);
      Text.of(line.label(), Fonts.regular(8.5)).drawAt(g, endX + 4, endY + 6, 0.5);
    }
  }

  private void paintRowLabels(Graphics2D g, Map<String, Place> places) {
    g.setColor(Style.SOFT_INK);
    for (List<Box> row : rows().values()) {
      String label = row.get(0).rowLabel();
      if (!label.isEmpty()) {
        double y = place(places, row.get(0).name()).y();
        Text.of(label, Style.labelFont()).drawAt(g, Style.PADDING, y, 0);
      }
    }
  }

  private static void paint(Graphics2D g, Box box, Place place) {
    RoundRectangle2D.Double shape =
        new RoundRectangle2D.Double(
            place.x() - place.half(),
            place.y() - BOX_HEIGHT / 2.0,
            2 * place.half(),
            BOX_HEIGHT,
            6,
            6);
    g.setColor(Color.WHITE);
    g.fill(shape);
    g.setColor(Style.withAlpha(Style.series(box.kind()), 40));
    g.fill(shape);
    g.setColor(Style.series(box.kind()));
    g.setStroke(Style.THIN);
    g.draw(shape);
    g.setColor(Style.INK);
    Text.of(box.name(), Style.labelFont()).drawAt(g, place.x(), place.y(), 0.5);
  }
}
