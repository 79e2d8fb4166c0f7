package io.loupe.notebooks.report;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jsoup.nodes.Element;

/**
 * The headings of a page: one {@code h1}, which is its title, and an id for each other one. If the
 * notebook uses {@code h1} for its sections, all headings after the first go down by one.
 */
final class Outline {
  private static final String HEADINGS = "h1, h2, h3, h4, h5, h6";
  private static final int TOC_FROM = 4;
  private static final int TOC_DEPTH = 3;

  private final List<Entry> entries = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private String title = "";
  private String titleHtml = "";

  private record Entry(int level, String id, String text) {}

  /** Numbers the headings of all Markdown cells of a page, in place, and takes the title out. */
  Outline(List<Element> cells) {
    List<Element> headings = new ArrayList<>();
    cells.forEach(cell -> headings.addAll(cell.select(HEADINGS)));
    long titles = headings.stream().filter(h -> level(h) == 1).count();
    for (Element heading : headings) {
      if (level(heading) == 1 && title.isEmpty()) {
        title = heading.text();
        titleHtml = heading.html();
        heading.remove();
      } else {
        add(heading, titles > 1);
      }
    }
  }

  /** Returns the text of the title; empty if there is none. */
  String title() {
    return title;
  }

  /** Returns the title with its markup; empty if there is none. */
  String titleHtml() {
    return titleHtml;
  }

  /** Returns the table of contents, or an empty text if there are too few headings for one. */
  String tableOfContents() {
    if (entries.size() < TOC_FROM) {
      return "";
    }
    StringBuilder html = new StringBuilder("<nav class=\"toc\" aria-label=\"Contents\">\n<ul>\n");
    entries.stream()
        .filter(entry -> entry.level() <= TOC_DEPTH)
        .forEach(
            entry ->
                html.append("<li class=\"l" + entry.level() + "\"><a href=\"#" + entry.id() + "\">")
                    .append(Html.escape(entry.text()))
                    .append("</a></li>\n"));
    return html.append("</ul>\n</nav>\n").toString();
  }

  private void add(Element heading, boolean down) {
    int level = Math.min(level(heading) + (down ? 1 : 0), 6);
    heading.tagName("h" + level);
    String id = uniqueId(heading.text());
    heading.attr("id", id);
    entries.add(new Entry(level, id, heading.text()));
  }

  private static int level(Element heading) {
    return heading.normalName().charAt(1) - '0';
  }

  private String uniqueId(String text) {
    String plain = Normalizer.normalize(text, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
    String slug = plain.replaceAll("\\p{M}", "").replaceAll("[^\\p{L}\\p{N}]+", "-");
    String base = "s-" + slug.replaceAll("^-|-$", "");
    String id = base;
    for (int n = 2; !ids.add(id); n++) {
      id = base + "-" + n;
    }
    return id;
  }
}
