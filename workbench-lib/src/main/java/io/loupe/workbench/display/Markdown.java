package io.loupe.workbench.display;

/**
 * Markdown text that a notebook or a report sets as such.
 *
 * @param text the source, as it is: nothing is escaped
 */
public record Markdown(String text) implements Displayable {
  @Override
  public MimeBundle display() {
    return MimeBundle.markdown(text).and(MimeBundle.text(text));
  }

  /** Returns the Markdown source. */
  @Override
  public String toString() {
    return text;
  }
}
