package io.loupe.notebooks.markdown;

import java.util.Set;
import org.commonmark.node.CustomNode;
import org.commonmark.parser.beta.InlineContentParser;
import org.commonmark.parser.beta.InlineContentParserFactory;
import org.commonmark.parser.beta.InlineParserState;
import org.commonmark.parser.beta.ParsedInline;
import org.commonmark.parser.beta.Position;
import org.commonmark.parser.beta.Scanner;

/** A formula in a line: {@code $x_i$}, or {@code $$x_i$$} in the middle of a paragraph. */
final class MathInline extends CustomNode {
  private final String tex;
  private final boolean display;

  MathInline(String tex, boolean display) {
    this.tex = tex;
    this.display = display;
  }

  String tex() {
    return tex;
  }

  boolean display() {
    return display;
  }

  /**
   * Finds formulas by pandoc's rule, so that prices are left alone: no blank inside next to a
   * dollar, no digit right behind the closing one.
   */
  static final class Factory implements InlineContentParserFactory {
    @Override
    public Set<Character> getTriggerCharacters() {
      return Set.of('$');
    }

    @Override
    public InlineContentParser create() {
      return Factory::tryParse;
    }

    private static ParsedInline tryParse(InlineParserState state) {
      Scanner scanner = state.scanner();
      int dollars = scanner.matchMultiple('$');
      boolean display = dollars == 2;
      if (dollars > 2 || (!display && Character.isWhitespace(scanner.peek()))) {
        return ParsedInline.none();
      }
      Position start = scanner.position();
      while (scanner.find('$') >= 0) {
        Position end = scanner.position();
        int before = scanner.peekPreviousCodePoint();
        if (before == '\\') {
          scanner.next();
        } else if (scanner.matchMultiple('$') == dollars
            && (display || closes(before, scanner.peek()))) {
          String tex = scanner.getSource(start, end).getContent();
          return ParsedInline.of(new MathInline(tex, display), scanner.position());
        }
      }
      return ParsedInline.none();
    }

    private static boolean closes(int before, char after) {
      return !Character.isWhitespace(before) && !Character.isDigit(after);
    }
  }
}
