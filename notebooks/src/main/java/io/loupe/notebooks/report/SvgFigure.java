package io.loupe.notebooks.report;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.nodes.Element;

/**
 * An SVG drawing made fit for a page: it scales with the page and has a name for who cannot see it.
 */
final class SvgFigure {
  private static final Pattern PIXELS = Pattern.compile("\\s*(\\d+(?:\\.\\d+)?)(?:px)?\\s*");

  private SvgFigure() {}

  /**
   * Changes the drawing in place.
   *
   * @param scope see {@link IdScope#apply}
   * @param alt its name, where it brings no {@code title} of its own
   * @return the names of what was taken out of it
   */
  static Set<String> prepare(Element svg, String scope, String alt) {
    Set<String> removed = Cleaner.clean(svg);
    addViewBox(svg);
    Element title = svg.selectFirst("> title");
    if (!svg.hasAttr("aria-label") && !svg.hasAttr("aria-labelledby")) {
      svg.attr("aria-label", title == null || title.text().isBlank() ? alt : title.text());
    }
    svg.attr("role", "img");
    IdScope.apply(svg, scope);
    return removed;
  }

  /** Without a view box a drawing is cut, not scaled, where the page is narrower. */
  private static void addViewBox(Element svg) {
    Matcher width = PIXELS.matcher(svg.attr("width"));
    Matcher height = PIXELS.matcher(svg.attr("height"));
    if (!svg.hasAttr("viewBox") && width.matches() && height.matches()) {
      svg.attr("viewBox", "0 0 " + width.group(1) + " " + height.group(1));
    }
  }
}
