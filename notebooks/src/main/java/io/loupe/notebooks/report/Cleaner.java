package io.loupe.notebooks.report;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Comment;
import org.jsoup.nodes.Element;

/**
 * Takes out of a piece of a page what would run or load something: a report is one file that works
 * without a network and in ten years.
 */
final class Cleaner {
  private static final String ACTIVE =
      "script, link, meta, base, iframe, frame, frameset, object, embed, applet, portal, foreignObject";
  private static final Set<String> SOURCES =
      Set.of("src", "srcset", "poster", "background", "data", "action", "formaction", "ping");
  private static final Set<String> LINKS = Set.of("a", "area");
  private static final Pattern OUTSIDE =
      Pattern.compile("url\\(\\s*(?!\\s|['\"]?(?:#|data:))[^)]*\\)", Pattern.CASE_INSENSITIVE);
  private static final Pattern IMPORT = Pattern.compile("@import[^;]*;?", Pattern.CASE_INSENSITIVE);

  private Cleaner() {}

  /** Cleans the piece in place and returns the names of what was taken out, sorted. */
  static Set<String> clean(Element root) {
    Set<String> removed = new TreeSet<>();
    for (Element element : root.select(ACTIVE)) {
      removed.add(element.normalName());
      element.remove();
    }
    root.forEachNode(
        node -> {
          if (node instanceof Comment) {
            node.remove();
          }
        });
    for (Element element : root.getAllElements()) {
      cleanAttributes(element, removed);
      if (element.normalName().equals("style")) {
        cleanStyle(element, removed);
      }
    }
    return removed;
  }

  private static void cleanAttributes(Element element, Set<String> removed) {
    for (Attribute attribute : element.attributes().asList()) {
      String key = attribute.getKey().toLowerCase(Locale.ROOT);
      String value = attribute.getValue();
      if (key.startsWith("on") || loads(element, key, value)) {
        element.removeAttr(attribute.getKey());
        removed.add(key);
      } else if (OUTSIDE.matcher(value).find()) {
        element.attr(attribute.getKey(), OUTSIDE.matcher(value).replaceAll("none"));
        removed.add("url()");
      }
    }
  }

  private static boolean loads(Element element, String key, String value) {
    String target = value.strip().toLowerCase(Locale.ROOT);
    boolean inside = target.startsWith("data:") || target.startsWith("#");
    if (key.equals("href") || key.equals("xlink:href")) {
      return LINKS.contains(element.normalName()) ? target.startsWith("javascript:") : !inside;
    }
    return SOURCES.contains(key) && !inside;
  }

  private static void cleanStyle(Element style, Set<String> removed) {
    String css = Css.text(style);
    String clean = IMPORT.matcher(OUTSIDE.matcher(css).replaceAll("none")).replaceAll("");
    if (!clean.equals(css)) {
      Css.setText(style, clean);
      removed.add("url()");
    }
  }
}
