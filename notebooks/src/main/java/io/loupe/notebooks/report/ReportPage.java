package io.loupe.notebooks.report;

import io.loupe.notebooks.ipynb.Cell;
import io.loupe.notebooks.markdown.MarkdownHtml;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jsoup.nodes.Element;

/** Writes a notebook and what its cells made as one HTML page that needs no other file. */
final class ReportPage {
  private static final String STYLE = resource("report.css");
  // The browser itself is told to load nothing: the page is what is in the file.
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:";

  private final NotebookRun run;
  private final String name;
  private final Map<Integer, Element> texts = new TreeMap<>();
  private final Outline outline;
  private final OutputHtml outputs;

  /**
   * Makes the page.
   *
   * @param name of the notebook's file
   * @param images resolves the images that the notebook names
   */
  ReportPage(NotebookRun run, String name, Images images) {
    this.run = run;
    this.name = name;
    this.outputs = new OutputHtml(images);
    List<Cell> cells = run.notebook().cells();
    for (int i = 0; i < cells.size(); i++) {
      if (cells.get(i) instanceof Cell.Markdown markdown) {
        texts.put(i, text(markdown, images));
      }
    }
    this.outline = new Outline(new ArrayList<>(texts.values()));
  }

  private static Element text(Cell.Markdown cell, Images images) {
    Element body = Markup.html(MarkdownHtml.render(cell.source()));
    images.embed(body, cell.attachments());
    Cleaner.clean(body);
    Tables.wrap(body);
    return body;
  }

  /** Returns the page. */
  String html(Map<String, String> manifest) {
    String title = outline.title().isEmpty() ? name : outline.title();
    return head(title) + body() + ManifestBlock.html(manifest) + "</body>\n</html>\n";
  }

  private static String head(String title) {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="%s">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="Loupe">
        <title>%s</title>
        <link rel="icon" href="data:,">
        <style>
        %s</style>
        </head>
        """
        .formatted(POLICY, Html.escape(title), STYLE);
  }

  private String body() {
    StringBuilder html = new StringBuilder("<body>\n");
    html.append("<a class=\"skip\" href=\"#main\">Skip to the text</a>\n");
    html.append("<header>\n<p class=\"source\">").append(Html.escape(name)).append("</p>\n");
    String title = outline.title().isEmpty() ? Html.escape(name) : outline.titleHtml();
    html.append("<h1>").append(title).append("</h1>\n");
    html.append(stopped()).append("</header>\n").append(outline.tableOfContents());
    html.append("<main id=\"main\">\n").append(cells()).append("</main>\n");
    return html.toString();
  }

  private String stopped() {
    return run.failure()
        .map(
            failure ->
                "<p class=\"stopped\">This run stopped at an error in <a href=\"#error\">"
                    + Html.escape(Failures.where(failure.cell(), failure.error()))
                    + "</a>; the report goes as far as the run did.</p>\n")
        .orElse("");
  }

  private String cells() {
    StringBuilder html = new StringBuilder();
    List<Cell> cells = run.notebook().cells();
    for (int i = 0; i < cells.size(); i++) {
      Element text = texts.get(i);
      CellRun cellRun = run.runs().get(i);
      if (text != null) {
        html.append("<div class=\"text\">\n").append(text.html()).append("</div>\n");
      } else if (cellRun != null) {
        html.append(code(cells.get(i).source(), cellRun));
        if (cellRun.error().isPresent()) {
          return html.append(notRun()).toString();
        }
      }
    }
    return html.toString();
  }

  private String code(String source, CellRun cellRun) {
    int number = cellRun.number();
    return "<section class=\"cell\" id=\"cell-%d\" aria-label=\"Cell %d\">\n"
            .formatted(number, number)
        + "<p class=\"number\"><a href=\"#cell-%d\">%d</a></p>\n".formatted(number, number)
        + "<pre class=\"code\" tabindex=\"0\"><code>"
        + JavaHighlighter.toHtml(source.stripTrailing())
        + "</code></pre>\n"
        + outputs.render(cellRun)
        + "</section>\n";
  }

  private String notRun() {
    int left = run.codeCells() - run.runs().size();
    return left == 0 ? "" : "<p class=\"note\">Cells that were not run: " + left + "</p>\n";
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      byte[] bytes = Objects.requireNonNull(in, name + " is missing from the jar").readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
