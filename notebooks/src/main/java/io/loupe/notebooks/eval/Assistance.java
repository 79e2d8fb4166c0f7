package io.loupe.notebooks.eval;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Documentation;
import jdk.jshell.SourceCodeAnalysis.Suggestion;

/** Answers an editor's questions about a cell that has not run yet. */
final class Assistance {
  private final SourceCodeAnalysis analysis;

  Assistance(SourceCodeAnalysis analysis) {
    this.analysis = analysis;
  }

  Completion complete(String source, int cursor) {
    String before = source.substring(0, cursor);
    int start = lastPieceStart(before);
    Completion completion = complete(before, start, "");
    // JShell knows the variables of this cell only after it ran: ask again as if all of the cell
    // stood in a block
    return completion.candidates().isEmpty() && start > 0 ? complete(before, 0, "{") : completion;
  }

  private Completion complete(String before, int from, String opening) {
    int[] anchor = {-1};
    String code = opening + before.substring(from);
    List<Suggestion> suggestions = analysis.completionSuggestions(code, code.length(), anchor);
    List<String> candidates =
        suggestions.stream()
            .sorted(Comparator.comparing(suggestion -> !suggestion.matchesType()))
            .map(Suggestion::continuation)
            .distinct()
            .toList();
    int start = candidates.isEmpty() ? before.length() : from + anchor[0] - opening.length();
    return new Completion(candidates, start, before.length());
  }

  Optional<String> documentation(String source, int cursor) {
    int end = endOfName(source, cursor);
    int start = lastPieceStart(source.substring(0, end));
    List<Documentation> found =
        analysis.documentation(source.substring(start, end), end - start, true);
    if (found.isEmpty() && start > 0) {
      found = analysis.documentation("{" + source.substring(0, end), end + 1, true);
    }
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(found.stream().map(Assistance::text).collect(Collectors.joining("\n\n")));
  }

  private static String text(Documentation documentation) {
    String javadoc = documentation.javadoc();
    return javadoc == null
        ? documentation.signature()
        : documentation.signature() + "\n" + javadoc.strip();
  }

  /**
   * Returns the offset behind the name at the cursor, and behind a parenthesis that opens there.
   */
  private static int endOfName(String source, int cursor) {
    int end = cursor;
    while (end < source.length() && Character.isJavaIdentifierPart(source.charAt(end))) {
      end++;
    }
    return end < source.length() && source.charAt(end) == '(' ? end + 1 : end;
  }

  Completeness completeness(String source) {
    List<Piece> pieces = Piece.split(source, analysis);
    if (pieces.isEmpty()) {
      return Completeness.COMPLETE;
    }
    return switch (pieces.get(pieces.size() - 1).syntax()) {
      case COMPLETE, COMPLETE_WITH_SEMI, EMPTY -> Completeness.COMPLETE;
      case CONSIDERED_INCOMPLETE, DEFINITELY_INCOMPLETE -> Completeness.INCOMPLETE;
      case UNKNOWN -> Completeness.INVALID;
    };
  }

  private int lastPieceStart(String source) {
    List<Piece> pieces = Piece.split(source, analysis);
    return pieces.isEmpty() ? 0 : pieces.get(pieces.size() - 1).start();
  }
}
