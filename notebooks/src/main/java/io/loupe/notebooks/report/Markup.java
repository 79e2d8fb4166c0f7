package io.loupe.notebooks.report;

import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.ParseSettings;
import org.jsoup.parser.Parser;
import org.jspecify.annotations.Nullable;

/** Parses pieces of HTML and SVG, so that they can be looked through and are balanced. */
final class Markup {
  private Markup() {}

  /** Returns a {@code body} element with the HTML as its content. */
  static Element html(String html) {
    Parser parser = Parser.htmlParser().settings(ParseSettings.preserveCase);
    Document document = parser.parseInput("<body>" + html, "");
    document.outputSettings().prettyPrint(false);
    return document.body();
  }

  /** Returns the outermost {@code svg} element without XML declaration; null if there is none. */
  static @Nullable Element svg(String svg) {
    Document document = Parser.xmlParser().parseInput(svg, "");
    document.outputSettings().prettyPrint(false).syntax(Document.OutputSettings.Syntax.xml);
    return document.selectFirst("svg");
  }
}
