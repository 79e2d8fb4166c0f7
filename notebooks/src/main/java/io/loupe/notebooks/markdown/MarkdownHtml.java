package io.loupe.notebooks.markdown;

import java.util.List;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/** Renders Markdown. HTML in it is passed on as it is. */
public final class MarkdownHtml {
  private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());
  private static final Parser PARSER =
      Parser.builder()
          .extensions(EXTENSIONS)
          .customBlockParserFactory(new MathBlock.Factory())
          .customInlineContentParserFactory(new MathInline.Factory())
          .build();
  private static final HtmlRenderer RENDERER =
      HtmlRenderer.builder().extensions(EXTENSIONS).nodeRendererFactory(MathRenderer::new).build();

  private MarkdownHtml() {}

  /**
   * Returns the HTML of a Markdown text. A formula becomes an element of class {@code math} that
   * holds MathML; or, with the class {@code tex} too, its TeX, where that is more than can be
   * turned into MathML here.
   */
  public static String render(String markdown) {
    return RENDERER.render(PARSER.parse(markdown));
  }
}
