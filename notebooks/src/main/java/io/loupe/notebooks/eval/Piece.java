package io.loupe.notebooks.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;

/**
 * One statement, declaration or expression of a cell.
 *
 * @param source the code, from its first character that is neither blank nor in a comment
 * @param start offset of the source in the cell
 * @param syntax whether JShell takes it for whole
 * @param showsValue whether it could be an expression whose value is shown: no semicolon behind it
 */
record Piece(String source, int start, SourceCodeAnalysis.Completeness syntax, boolean showsValue) {
  private static final Pattern LITERAL_OR_COMMENT =
      Pattern.compile(
          "\"\"\".*?(?<!\\\\)\"\"\"" // a text block
              + "|\"[^\"\\\\\n]*+(?:\\\\.[^\"\\\\\n]*+)*+\"" // a string
              + "|'[^'\\\\\n]*+(?:\\\\.[^'\\\\\n]*+)*+'" // a character
              + "|//[^\n]*"
              + "|/\\*.*?\\*/",
          Pattern.DOTALL);

  /** Cuts a cell into pieces; only the last one may be broken or incomplete. */
  static List<Piece> split(String cell, SourceCodeAnalysis analysis) {
    List<Piece> pieces = new ArrayList<>();
    int start = skipBlank(cell, 0);
    while (start < cell.length()) {
      String rest = cell.substring(start);
      CompletionInfo info = analysis.analyzeCompletion(rest);
      if (!info.completeness().isComplete()) {
        pieces.add(new Piece(rest, start, info.completeness(), !endsWithSemicolon(rest)));
        break;
      }
      String source = rest.substring(0, rest.length() - info.remaining().length());
      pieces.add(new Piece(info.source(), start, info.completeness(), !endsWithSemicolon(source)));
      start = skipBlank(cell, start + source.length());
    }
    return pieces;
  }

  /** Returns the offset of the first character at or behind {@code from} that is code. */
  private static int skipBlank(String cell, int from) {
    int at = from;
    while (at < cell.length()) {
      if (Character.isWhitespace(cell.charAt(at))) {
        at++;
      } else if (cell.startsWith("//", at)) {
        int end = cell.indexOf('\n', at);
        at = end < 0 ? cell.length() : end + 1;
      } else if (cell.startsWith("/*", at) && cell.indexOf("*/", at + 2) >= 0) {
        at = cell.indexOf("*/", at + 2) + 2;
      } else {
        return at;
      }
    }
    return at;
  }

  private static boolean endsWithSemicolon(String source) {
    return LITERAL_OR_COMMENT
        .matcher(source)
        .replaceAll(found -> found.group().startsWith("/") ? " " : "0")
        .stripTrailing()
        .endsWith(";");
  }
}
