package io.loupe.notebooks.report;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jsoup.nodes.Element;

/**
 * Puts the images that Markdown or HTML names into the page itself: attachments of the cell and
 * files beside the notebook. An image elsewhere becomes a link to it.
 */
final class Images {
  private static final Map<String, String> TYPES =
      Map.of(
          "png", "image/png",
          "jpg", "image/jpeg",
          "jpeg", "image/jpeg",
          "gif", "image/gif",
          "webp", "image/webp",
          "svg", "image/svg+xml");
  private static final String ATTACHMENT = "attachment:";

  private final Path folder;

  /** Makes one for a notebook in the folder. */
  Images(Path folder) {
    this.folder = folder;
  }

  /**
   * Replaces the sources of all images in the piece, in place.
   *
   * @param attachments file name to MIME type to base64
   */
  void embed(Element root, Map<String, Map<String, String>> attachments) {
    for (Element image : root.select("img")) {
      String source = image.attr("src").strip();
      if (!source.startsWith("data:")) {
        Optional<String> data =
            source.startsWith(ATTACHMENT)
                ? attachment(attachments, decoded(source.substring(ATTACHMENT.length())))
                : file(source);
        data.ifPresentOrElse(uri -> image.attr("src", uri), () -> replaceByLink(image, source));
      }
      image.attr("alt", image.attr("alt"));
    }
  }

  private static Optional<String> attachment(
      Map<String, Map<String, String>> attachments, String name) {
    return attachments.getOrDefault(name, Map.of()).entrySet().stream()
        .findFirst()
        .map(entry -> dataUri(entry.getKey(), entry.getValue().replaceAll("\\s", "")));
  }

  private Optional<String> file(String source) {
    String name = decoded(source);
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    if (type == null || name.matches("[A-Za-z][A-Za-z0-9+.-]+:.*|//.*")) {
      return Optional.empty();
    }
    try {
      byte[] content = Files.readAllBytes(folder.resolve(name));
      return Optional.of(dataUri(type, Base64.getEncoder().encodeToString(content)));
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static void replaceByLink(Element image, String source) {
    String alt = image.attr("alt").isBlank() ? source : image.attr("alt");
    Element link = new Element("a").attr("href", source).addClass("missing");
    image.replaceWith(link.text("Image not in this file: " + alt));
  }

  private static String decoded(String source) {
    try {
      return URLDecoder.decode(source.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return source;
    }
  }

  /** Returns the URI that holds the content itself. */
  static String dataUri(String type, String base64) {
    return "data:" + type + ";base64," + base64;
  }
}
