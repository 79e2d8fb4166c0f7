package io.loupe.notebooks.report;

import org.jsoup.nodes.DataNode;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.TextNode;

/** The text of a {@code style} element, which HTML and XML hold in different kinds of nodes. */
final class Css {
  private Css() {}

  static String text(Element style) {
    return style.data().isEmpty() ? style.wholeText() : style.data();
  }

  static void setText(Element style, String css) {
    boolean data = !style.data().isEmpty();
    style.empty();
    style.appendChild(data ? new DataNode(css) : new TextNode(css));
  }
}
