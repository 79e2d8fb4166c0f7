package io.loupe.workbench.plot;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Composite;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.GradientPaint;
import java.awt.Graphics;
import java.awt.GraphicsConfiguration;
import java.awt.Image;
import java.awt.Paint;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.Stroke;
import java.awt.font.FontRenderContext;
import java.awt.font.GlyphVector;
import java.awt.font.TextLayout;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.NoninvertibleTransformException;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.ImageObserver;
import java.text.AttributedCharacterIterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Java2D surface that writes into an {@link SvgDocument}. It keeps Java2D's state and hands over
 * shapes in the coordinates of the page; text becomes outlines.
 */
final class SvgGraphics extends ShapeGraphics {
  private final SvgDocument document;
  private AffineTransform transform;
  private @Nullable Shape clip; // in page coordinates
  private Paint paint;
  private Color background;
  private Stroke stroke;
  private Font font;
  private Composite composite;
  private final RenderingHints hints;

  SvgGraphics(SvgDocument document) {
    this.document = document;
    transform = new AffineTransform();
    paint = Color.BLACK;
    background = Color.WHITE;
    stroke = new BasicStroke();
    font = Fonts.regular(12);
    composite = AlphaComposite.SrcOver;
    hints = new RenderingHints(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
  }

  private SvgGraphics(SvgGraphics other) {
    document = other.document;
    transform = new AffineTransform(other.transform);
    clip = other.clip;
    paint = other.paint;
    background = other.background;
    stroke = other.stroke;
    font = other.font;
    composite = other.composite;
    hints = (RenderingHints) other.hints.clone();
  }

  @Override
  public Graphics create() {
    return new SvgGraphics(this);
  }

  @Override
  public void dispose() {}

  @Override
  public void fill(Shape shape) {
    document.fill(transform.createTransformedShape(shape), color(), isCrisp(), clip);
  }

  @Override
  public void draw(Shape shape) {
    if (stroke instanceof BasicStroke basic) {
      double scale = Math.sqrt(Math.abs(transform.getDeterminant()));
      document.draw(transform.createTransformedShape(shape), color(), basic, scale, clip);
    } else {
      fill(stroke.createStrokedShape(shape));
    }
  }

  @Override
  public void drawGlyphVector(GlyphVector glyphs, float x, float y) {
    document.glyphs(glyphs, x, y, transform, color(), clip);
  }

  @Override
  public void drawString(String text, float x, float y) {
    if (!text.isEmpty()) {
      drawGlyphVector(font.createGlyphVector(Text.CONTEXT, text), x, y);
    }
  }

  @Override
  public void drawString(AttributedCharacterIterator text, float x, float y) {
    AffineTransform at = AffineTransform.getTranslateInstance(x, y);
    fill(new TextLayout(text, Text.CONTEXT).getOutline(at));
  }

  @Override
  public boolean drawImage(
      @Nullable Image image, AffineTransform placed, @Nullable ImageObserver observer) {
    if (image != null) {
      AffineTransform all = new AffineTransform(transform);
      all.concatenate(placed);
      document.image(buffered(image, null), all, clip);
    }
    return true;
  }

  @Override
  public void clearRect(int x, int y, int width, int height) {
    Paint before = paint;
    paint = background;
    fillRect(x, y, width, height);
    paint = before;
  }

  /** The colour to write; of a gradient it is the first colour. */
  private Color color() {
    Color color = getColor();
    if (composite instanceof AlphaComposite alpha && alpha.getAlpha() < 1) {
      int opacity = Math.round(color.getAlpha() * alpha.getAlpha());
      return new Color(color.getRed(), color.getGreen(), color.getBlue(), opacity);
    }
    return color;
  }

  private boolean isCrisp() {
    return RenderingHints.VALUE_ANTIALIAS_OFF.equals(hints.get(RenderingHints.KEY_ANTIALIASING));
  }

  @Override
  public void clip(@Nullable Shape shape) {
    if (shape == null) {
      clip = null;
      return;
    }
    Shape onPage = transform.createTransformedShape(shape);
    if (clip == null) {
      clip = onPage;
      return;
    }
    Area both = new Area(clip);
    both.intersect(new Area(onPage));
    clip = both;
  }

  @Override
  public void setClip(@Nullable Shape shape) {
    clip = shape == null ? null : transform.createTransformedShape(shape);
  }

  @Override
  public @Nullable Shape getClip() {
    return clip == null ? null : inverse().createTransformedShape(clip);
  }

  @Override
  public @Nullable Rectangle getClipBounds() {
    Shape shape = getClip();
    return shape == null ? null : shape.getBounds();
  }

  private AffineTransform inverse() {
    AffineTransform inverse = new AffineTransform(transform);
    try {
      inverse.invert();
    } catch (NoninvertibleTransformException e) {
      throw new IllegalArgumentException("The transform cannot be inverted: " + transform, e);
    }
    return inverse;
  }

  @Override
  public boolean hit(Rectangle rectangle, Shape shape, boolean onStroke) {
    Shape outline = onStroke ? stroke.createStrokedShape(shape) : shape;
    return transform.createTransformedShape(outline).intersects((Rectangle2D) rectangle);
  }

  @Override
  public void translate(int x, int y) {
    transform.translate(x, y);
  }

  @Override
  public void translate(double x, double y) {
    transform.translate(x, y);
  }

  @Override
  public void rotate(double angle) {
    transform.rotate(angle);
  }

  @Override
  public void rotate(double angle, double x, double y) {
    transform.rotate(angle, x, y);
  }

  @Override
  public void scale(double x, double y) {
    transform.scale(x, y);
  }

  @Override
  public void shear(double x, double y) {
    transform.shear(x, y);
  }

  @Override
  public void transform(AffineTransform more) {
    transform.concatenate(more);
  }

  @Override
  public void setTransform(AffineTransform newTransform) {
    transform = new AffineTransform(newTransform);
  }

  @Override
  public AffineTransform getTransform() {
    return new AffineTransform(transform);
  }

  @Override
  public void setPaint(@Nullable Paint newPaint) {
    if (newPaint != null) {
      paint = newPaint;
    }
  }

  @Override
  public Paint getPaint() {
    return paint;
  }

  @Override
  public void setColor(@Nullable Color color) {
    setPaint(color);
  }

  @Override
  public Color getColor() {
    if (paint instanceof GradientPaint gradient) {
      return gradient.getColor1();
    }
    return paint instanceof Color plain ? plain : Color.BLACK;
  }

  @Override
  public void setBackground(Color color) {
    background = color;
  }

  @Override
  public Color getBackground() {
    return background;
  }

  @Override
  public void setStroke(Stroke newStroke) {
    stroke = newStroke;
  }

  @Override
  public Stroke getStroke() {
    return stroke;
  }

  @Override
  public void setComposite(Composite newComposite) {
    composite = newComposite;
  }

  @Override
  public Composite getComposite() {
    return composite;
  }

  @Override
  public void setFont(@Nullable Font newFont) {
    if (newFont != null) {
      font = newFont;
    }
  }

  @Override
  public Font getFont() {
    return font;
  }

  @Override
  public FontMetrics getFontMetrics(Font wanted) {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    return image.createGraphics().getFontMetrics(wanted);
  }

  @Override
  public FontRenderContext getFontRenderContext() {
    return Text.CONTEXT;
  }

  @Override
  public @Nullable GraphicsConfiguration getDeviceConfiguration() {
    return null;
  }

  @Override
  public void setRenderingHint(RenderingHints.Key key, @Nullable Object value) {
    if (value == null) {
      hints.remove(key);
    } else {
      hints.put(key, value);
    }
  }

  @Override
  public @Nullable Object getRenderingHint(RenderingHints.Key key) {
    return hints.get(key);
  }

  @Override
  public void setRenderingHints(Map<?, ?> newHints) {
    hints.clear();
    hints.putAll(newHints);
  }

  @Override
  public void addRenderingHints(Map<?, ?> moreHints) {
    hints.putAll(moreHints);
  }

  @Override
  public RenderingHints getRenderingHints() {
    return (RenderingHints) hints.clone();
  }

  /** Does nothing: SVG has no exclusive-or drawing. */
  @Override
  public void setXORMode(Color color) {}

  @Override
  public void setPaintMode() {}
}
