package io.loupe.notebooks.report;

import java.util.Map;

/**
 * The end of a report: when, where and with what it was made. The only part of the file that
 * differs between two runs; {@link #START} and {@link #END} stand around it.
 */
final class ManifestBlock {
  static final String START = "<!-- manifest -->";
  static final String END = "<!-- /manifest -->";

  private ManifestBlock() {}

  static String html(Map<String, String> lines) {
    StringBuilder html = new StringBuilder(START);
    html.append("\n<section class=\"manifest\" aria-labelledby=\"manifest\">\n");
    html.append("<h2 id=\"manifest\">Manifest</h2>\n<dl>\n");
    lines.forEach(
        (key, value) ->
            html.append("<dt>" + Html.escape(key) + "</dt><dd>" + Html.escape(value) + "</dd>\n"));
    return html.append("</dl>\n</section>\n").append(END).append('\n').toString();
  }
}
