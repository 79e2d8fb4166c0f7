package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellError;
import io.loupe.notebooks.markdown.MarkdownHtml;
import io.loupe.workbench.display.MimeBundle;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.nodes.Element;

/** Writes the outputs of cells as HTML; figures are numbered through the page. */
final class OutputHtml {
  private static final Pattern IDENTITY = Pattern.compile("([\\w.$/]+)@[0-9a-f]{1,16}");
  private static final int LONGEST_ALT = 300;
  private static final String LATEX = "text/latex";

  private final Images images;
  private int figures;

  OutputHtml(Images images) {
    this.images = images;
  }

  /** Returns the outputs of one cell, in order. */
  String render(CellRun run) {
    StringBuilder html = new StringBuilder();
    int index = 0;
    for (CellOutput output : run.outputs()) {
      index++;
      html.append(render(run.number(), index, output));
    }
    return html.toString();
  }

  private String render(int cell, int index, CellOutput output) {
    if (output instanceof CellOutput.Printed printed) {
      return printed(printed);
    }
    if (output instanceof CellOutput.Failed failed) {
      return failed(cell, failed.error());
    }
    return shown(cell, "c" + cell + "o" + index, ((CellOutput.Shown) output).bundle());
  }

  private static String printed(CellOutput.Printed printed) {
    String text = ConsoleText.clean(printed.text()).stripTrailing();
    if (text.isEmpty()) {
      return "";
    }
    return printed.toStderr()
        ? "<div class=\"stderr\"><p class=\"mark\">stderr</p>" + pre("out", text) + "</div>\n"
        : pre("out", text) + "\n";
  }

  private static String failed(int cell, CellError error) {
    String report = ConsoleText.clean(String.join("\n", error.report())).stripTrailing();
    return "<div class=\"error\" id=\"error\" role=\"group\" aria-label=\"Error\">\n<p class=\"mark\">"
        + Html.escape(Failures.where(cell, error))
        + "</p>\n"
        + pre("out", report.isEmpty() ? Failures.what(error) : report)
        + "</div>\n";
  }

  /**
   * Shows the first representation of the bundle that a page can show; text if there is no other.
   */
  private String shown(int cell, String scope, MimeBundle bundle) {
    for (Map.Entry<String, String> entry : bundle.data().entrySet()) {
      String html = rich(cell, scope, entry.getKey(), entry.getValue(), bundle);
      if (!html.isEmpty()) {
        return html;
      }
    }
    String text = bundle.data().get(MimeBundle.TEXT);
    if (text == null) {
      String types = String.join(", ", bundle.data().keySet());
      return note("A value of type " + types + ", which a page cannot show, was left out.");
    }
    String clean = IDENTITY.matcher(ConsoleText.clean(text)).replaceAll("$1@…").stripTrailing();
    return clean.isEmpty() ? "" : pre("out value", clean) + "\n";
  }

  private String rich(int cell, String scope, String type, String content, MimeBundle bundle) {
    return switch (type) {
      case MimeBundle.HTML -> html(scope, content);
      case MimeBundle.MARKDOWN -> html(scope, MarkdownHtml.render(content));
      case LATEX -> html(scope, MarkdownHtml.render(content));
      case MimeBundle.SVG -> svg(cell, scope, content, bundle);
      case MimeBundle.PNG, "image/jpeg", "image/gif", "image/webp" ->
          image(cell, type, content, bundle);
      default -> "";
    };
  }

  private String html(String scope, String content) {
    Element body = Markup.html(content);
    images.embed(body, Map.of());
    Set<String> removed = Cleaner.clean(body);
    IdScope.apply(body, scope);
    Tables.wrap(body);
    // the headings of the page are those of its text; an output's stand below them
    body.select("h1, h2").tagName("h3");
    return "<div class=\"html\" id=\""
        + scope
        + "\">"
        + body.html()
        + "</div>\n"
        + leftOut(removed);
  }

  private String svg(int cell, String scope, String content, MimeBundle bundle) {
    Element svg = Markup.svg(content);
    if (svg == null) {
      return "";
    }
    figures++;
    Set<String> removed = SvgFigure.prepare(svg, scope, alt(cell, bundle));
    return figure(" id=\"" + scope + "\"", svg.outerHtml()) + leftOut(removed);
  }

  private String image(int cell, String type, String base64, MimeBundle bundle) {
    figures++;
    String uri = Images.dataUri(type, base64.replaceAll("\\s", ""));
    String alt = Html.escape(alt(cell, bundle));
    return figure("", "<img src=\"" + Html.escape(uri) + "\" alt=\"" + alt + "\">");
  }

  private String figure(String attributes, String content) {
    return "<figure"
        + attributes
        + ">"
        + content
        + "<figcaption>Figure "
        + figures
        + "</figcaption></figure>\n";
  }

  /** Returns the bundle's text, which describes the figure, or the figure's number. */
  private String alt(int cell, MimeBundle bundle) {
    String text = bundle.data().getOrDefault(MimeBundle.TEXT, "").strip();
    boolean describes =
        !text.isEmpty() && text.length() <= LONGEST_ALT && !IDENTITY.matcher(text).find();
    return describes ? text : "Figure " + figures + ", made by cell " + cell;
  }

  private static String leftOut(Set<String> removed) {
    return removed.isEmpty()
        ? ""
        : note("Left out, since a report runs and loads nothing: " + String.join(", ", removed));
  }

  private static String note(String text) {
    return "<p class=\"note\">" + Html.escape(text) + "</p>\n";
  }

  private static String pre(String cssClass, String text) {
    return "<pre class=\"" + cssClass + "\" tabindex=\"0\">" + Html.escape(text) + "</pre>";
  }
}
