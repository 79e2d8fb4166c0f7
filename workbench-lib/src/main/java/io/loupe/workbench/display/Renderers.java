package io.loupe.workbench.display;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * Turns any value into its representations: {@link Displayable}s as they say, images as PNG, the
 * rest as text.
 */
public final class Renderers {
  private Renderers() {}

  /** Returns the representations of a value; {@code text/plain} is always among them. */
  public static MimeBundle render(@Nullable Object value) {
    MimeBundle text = MimeBundle.text(String.valueOf(value));
    if (value instanceof MimeBundle bundle) {
      return bundle.and(MimeBundle.text(""));
    }
    if (value instanceof Displayable displayable) {
      return displayable.display().and(text);
    }
    if (value instanceof RenderedImage image) {
      return MimeBundle.png(png(image))
          .and(MimeBundle.text("image " + image.getWidth() + " x " + image.getHeight()));
    }
    return text;
  }

  private static byte[] png(RenderedImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
