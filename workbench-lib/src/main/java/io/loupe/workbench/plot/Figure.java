package io.loupe.workbench.plot;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.knowm.xchart.internal.chartpart.Chart;

/**
 * A picture of data, as SVG and PNG. Immutable: it copies its data, and methods that change
 * something return another figure. The same data give the same bytes in every JVM of one version.
 * {@link Plots} makes figures.
 */
public abstract class Figure implements Displayable {
  private final Frame frame;

  Figure(Frame frame) {
    this.frame = frame;
  }

  /** Returns the title, empty for none. */
  public final String title() {
    return frame.title();
  }

  /** Returns this figure with another title; an empty one takes no room. */
  public abstract Figure withTitle(String title);

  /**
   * Returns this figure in another size. Without this call a figure takes the room that its data
   * and labels need, mostly within the 900 pixels of a notebook; 0 x 0 goes back to that.
   *
   * @param width in pixels, 80 to 8000
   * @param height in pixels, 80 to 8000
   * @throws IllegalArgumentException if one of them is out of range
   */
  public abstract Figure withSize(int width, int height);

  /** Returns the width in pixels. */
  public abstract int width();

  /** Returns the height in pixels. */
  public abstract int height();

  /** Returns one line that says what is to be seen, for text front ends and as alternative text. */
  public abstract String description();

  /**
   * Returns a new XChart chart of the same data, to change it or to export it with XChart; empty
   * where XChart does not draw this kind of figure. Changes to it do not change this figure.
   */
  public Optional<Chart<?, ?>> chart() {
    return Optional.empty();
  }

  /** Paints everything but the background on an area of {@link #width} x {@link #height}. */
  abstract void paint(Graphics2D g);

  final Frame frame() {
    return frame;
  }

  /** Returns an SVG file; its text is outlines, so it needs no font where it is shown. */
  public final String svg() {
    SvgDocument document = new SvgDocument();
    paintAll(new SvgGraphics(document));
    return document.toSvg(width(), height(), description());
  }

  /** Returns a PNG file with two pixels for each of {@link #width} and {@link #height}. */
  public final byte[] png() {
    Fonts.prepare();
    return Png.paint(width(), height(), this::paintAll);
  }

  /**
   * Writes the figure to a file and makes the folders above it.
   *
   * @param file ending in {@code .svg} or {@code .png}; replaced if it exists
   * @throws IllegalArgumentException if the name ends otherwise
   */
  public final void save(Path file) throws IOException {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (!name.endsWith(".svg") && !name.endsWith(".png")) {
      throw new IllegalArgumentException(
          "Expected a file name that ends in .svg or .png, got " + file);
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    if (name.endsWith(".svg")) {
      Files.writeString(file, svg());
    } else {
      Files.write(file, png());
    }
  }

  /** Returns SVG, then PNG, then {@link #description} as text. */
  @Override
  public final MimeBundle display() {
    return MimeBundle.svg(svg()).and(MimeBundle.png(png())).and(MimeBundle.text(description()));
  }

  /** Returns {@link #description}. */
  @Override
  public final String toString() {
    return description();
  }

  private void paintAll(Graphics2D g) {
    g.setColor(Color.WHITE);
    g.fill(new Rectangle2D.Double(0, 0, width(), height()));
    paint(g);
  }
}
