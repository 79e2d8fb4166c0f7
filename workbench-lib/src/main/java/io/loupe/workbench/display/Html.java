package io.loupe.workbench.display;

/**
 * An HTML fragment that a notebook or a report shows as such.
 *
 * @param html the fragment, as it is: nothing is escaped; see {@link #escape}
 */
public record Html(String html) implements Displayable {
  /** Returns text that HTML shows as it stands, in an element and in a quoted attribute. */
  public static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.html(html).and(MimeBundle.text(html));
  }

  /** Returns the HTML source. */
  @Override
  public String toString() {
    return html;
  }
}
