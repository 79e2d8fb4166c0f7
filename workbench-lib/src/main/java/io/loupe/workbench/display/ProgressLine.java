package io.loupe.workbench.display;

/**
 * What a step that takes long is doing, for the person who waits. It is no result: a report does
 * not show it.
 *
 * @param text one line, which takes the place of the one before
 * @param last whether the step is over, so that the line stays
 */
public record ProgressLine(String text, boolean last) {
  public ProgressLine {
    if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("Expected one line, got " + text);
    }
  }
}
