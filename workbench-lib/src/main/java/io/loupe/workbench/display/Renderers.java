package io.loupe.workbench.display;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * Turns any value into its representations: {@link Displayable}s as they say, images as PNG, other
 * types as a {@link Renderer} on the class path says, the rest as text.
 */
public final class Renderers {
  private static final List<Renderer> INSTALLED =
      ServiceLoader.load(Renderer.class, Renderer.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  private Renderers() {}

  /** Returns the representations of a value; {@code text/plain} is always among them. */
  public static MimeBundle render(@Nullable Object value) {
    if (value instanceof MimeBundle bundle) {
      return bundle.and(MimeBundle.text(""));
    }
    if (value instanceof Displayable displayable) {
      return displayable.display().and(text(value));
    }
    if (value instanceof RenderedImage image) {
      return MimeBundle.png(png(image))
          .and(MimeBundle.text("image " + image.getWidth() + " x " + image.getHeight()));
    }
    return installed(value).map(bundle -> bundle.and(text(value))).orElseGet(() -> text(value));
  }

  private static Optional<MimeBundle> installed(@Nullable Object value) {
    return value == null
        ? Optional.empty()
        : INSTALLED.stream().flatMap(renderer -> renderer.render(value).stream()).findFirst();
  }

  private static MimeBundle text(@Nullable Object value) {
    return MimeBundle.text(String.valueOf(value));
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
