package io.loupe.notebooks.markdown;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.commonmark.node.Node;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.html.HtmlNodeRendererContext;
import org.commonmark.renderer.html.HtmlWriter;

/** Writes formulas. */
final class MathRenderer implements NodeRenderer {
  private final HtmlWriter html;

  MathRenderer(HtmlNodeRendererContext context) {
    html = context.getWriter();
  }

  @Override
  public Set<Class<? extends Node>> getNodeTypes() {
    return Set.of(MathInline.class, MathBlock.class);
  }

  @Override
  public void render(Node node) {
    if (node instanceof MathBlock block) {
      html.line();
      write("div", "math", block.tex(), true);
      html.line();
    } else if (node instanceof MathInline inline) {
      write("span", inline.display() ? "math display" : "math", inline.tex(), inline.display());
    }
  }

  private void write(String tag, String cssClass, String tex, boolean display) {
    Optional<String> math = TexMath.toMathMl(tex, display);
    html.tag(tag, Map.of("class", math.isPresent() ? cssClass : cssClass + " tex"));
    math.ifPresentOrElse(html::raw, () -> html.text(tex));
    html.tag("/" + tag);
  }
}
