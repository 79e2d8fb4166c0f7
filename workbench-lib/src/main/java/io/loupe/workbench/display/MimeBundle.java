package io.loupe.workbench.display;

import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One value in several representations, keyed by MIME type, richest first. Immutable. Binary
 * representations (PNG) are held in base64, as the Jupyter protocol carries them.
 *
 * @param data MIME type to content, in order of preference; never empty
 */
public record MimeBundle(Map<String, String> data) {
  public static final String TEXT = "text/plain";
  public static final String HTML = "text/html";
  public static final String MARKDOWN = "text/markdown";
  public static final String SVG = "image/svg+xml";
  public static final String PNG = "image/png";

  public MimeBundle {
    if (data.isEmpty()) {
      throw new IllegalArgumentException(
          "A MIME bundle needs at least one representation; MimeBundle.text(\"\") is the empty one");
    }
    data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
  }

  public static MimeBundle text(String text) {
    return new MimeBundle(Map.of(TEXT, text));
  }

  public static MimeBundle html(String html) {
    return new MimeBundle(Map.of(HTML, html));
  }

  public static MimeBundle markdown(String markdown) {
    return new MimeBundle(Map.of(MARKDOWN, markdown));
  }

  public static MimeBundle svg(String svg) {
    return new MimeBundle(Map.of(SVG, svg));
  }

  /** Holds a PNG file's bytes, in base64. */
  public static MimeBundle png(byte[] png) {
    return new MimeBundle(Map.of(PNG, Base64.getEncoder().encodeToString(png)));
  }

  /**
   * Returns this bundle with the other's representations behind its own; where both have a type,
   * this one's stays.
   */
  public MimeBundle and(MimeBundle other) {
    Map<String, String> all = new LinkedHashMap<>(data);
    other.data.forEach(all::putIfAbsent);
    return new MimeBundle(all);
  }
}
