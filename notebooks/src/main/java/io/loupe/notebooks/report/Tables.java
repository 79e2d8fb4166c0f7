package io.loupe.notebooks.report;

import org.jsoup.nodes.Element;

/** Gives each table a box of its own to scroll in, so that a wide one does not widen the page. */
final class Tables {
  private Tables() {}

  static void wrap(Element root) {
    for (Element table : root.select("table")) {
      if (!table.parents().is("table")) {
        table.wrap(
            "<div class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"></div>");
      }
    }
  }
}
