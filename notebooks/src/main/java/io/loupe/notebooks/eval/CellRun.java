package io.loupe.notebooks.eval;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.Status;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.VarSnippet;

/** One run of one cell: its pieces in order, up to the first that fails. */
final class CellRun {
  private static final Set<SubKind> SHOWN =
      EnumSet.of(
          SubKind.VAR_VALUE_SUBKIND,
          SubKind.TEMP_VAR_EXPRESSION_SUBKIND,
          SubKind.OTHER_EXPRESSION_SUBKIND);

  private final JShell shell;
  private final CellExecution execution;
  private final CellClasses classes;
  private final CellMap cells;
  private final ErrorReports errors;

  /** Declarations of this cell that name something unknown; a later piece may still declare it. */
  private final Map<DeclarationSnippet, Piece> unresolved = new LinkedHashMap<>();

  CellRun(JShell shell, CellExecution execution, CellClasses classes, CellMap cells) {
    this.shell = shell;
    this.execution = execution;
    this.classes = classes;
    this.cells = cells;
    this.errors = new ErrorReports(cells);
  }

  CellResult run() {
    List<Piece> pieces = Piece.split(cells.source(), shell.sourceCodeAnalysis());
    if (pieces.isEmpty()) {
      return CellResult.NOTHING;
    }
    Piece last = pieces.get(pieces.size() - 1);
    if (!isWhole(last)) {
      return CellResult.failed(syntaxError(last));
    }
    for (Piece piece : pieces) {
      execution.setRendering(piece == last && piece.showsValue() && isExpression(piece));
      Optional<CellError> error = evaluate(piece);
      if (error.isPresent()) {
        return CellResult.failed(error.get());
      }
    }
    return stillUnresolved().map(CellResult::failed).orElseGet(this::result);
  }

  private CellResult result() {
    return execution.rendered() == null ? CellResult.NOTHING : CellResult.of(execution.rendered());
  }

  private static boolean isWhole(Piece piece) {
    return piece.syntax().isComplete() || piece.syntax() == Completeness.CONSIDERED_INCOMPLETE;
  }

  /** Lets JShell say what is wrong; it runs nothing of a piece that it cannot parse. */
  private CellError syntaxError(Piece piece) {
    boolean broken =
        shell.sourceCodeAnalysis().sourceToSnippets(piece.source()).stream()
            .allMatch(snippet -> snippet.kind() == Snippet.Kind.ERRONEOUS);
    if (!broken) {
      return errors.compile(piece.start(), 1, "the cell ends in the middle of this");
    }
    return shell.eval(piece.source()).stream()
        .findFirst()
        .map(event -> errors.compile(piece, shell.diagnostics(event.snippet()).toList()))
        .orElseGet(() -> errors.compile(piece, List.of()));
  }

  private boolean isExpression(Piece piece) {
    return shell.sourceCodeAnalysis().sourceToSnippets(piece.source()).stream()
        .map(Snippet::subKind)
        .allMatch(SHOWN::contains);
  }

  private Optional<CellError> evaluate(Piece piece) {
    if (execution.isInterrupted()) {
      return Optional.of(errors.interrupted(null));
    }
    List<SnippetEvent> events = shell.eval(piece.source());
    Optional<CellError> error = Optional.empty();
    for (SnippetEvent event : events) {
      if (event.causeSnippet() == null) {
        cells.add(event.snippet(), piece);
        error = error.or(() -> error(piece, event));
      }
    }
    events.forEach(this::letGo);
    return error;
  }

  private Optional<CellError> error(Piece piece, SnippetEvent event) {
    JShellException exception = event.exception();
    if (execution.isInterrupted()) {
      return Optional.of(errors.interrupted(exception));
    }
    if (exception instanceof EvalException thrown) {
      return Optional.of(errors.thrown(thrown));
    }
    if (exception instanceof UnresolvedReferenceException thrown) {
      return Optional.of(undefined(thrown));
    }
    if (event.status() == Status.REJECTED) {
      return stillUnresolved()
          .or(
              () ->
                  Optional.of(errors.compile(piece, shell.diagnostics(event.snippet()).toList())));
    }
    if (isUnresolved(event.status()) && event.snippet() instanceof DeclarationSnippet declaration) {
      unresolved.put(declaration, piece);
    }
    return Optional.empty();
  }

  private CellError undefined(UnresolvedReferenceException thrown) {
    String name = thrown.getSnippet().name();
    String missing = String.join(", ", shell.unresolvedDependencies(thrown.getSnippet()).toList());
    return errors.undefined(
        thrown.getStackTrace(), name + " cannot be used, as it needs an unknown " + missing);
  }

  private Optional<CellError> stillUnresolved() {
    return unresolved.entrySet().stream()
        .filter(entry -> isUnresolved(shell.status(entry.getKey())))
        .findFirst()
        .map(entry -> unresolved(entry.getKey(), entry.getValue()));
  }

  private CellError unresolved(DeclarationSnippet declaration, Piece piece) {
    return shell
        .unresolvedDependencies(declaration)
        .findFirst()
        .map(missing -> errors.unresolved(piece, missing))
        .orElseGet(() -> errors.compile(piece, shell.diagnostics(declaration).toList()));
  }

  private static boolean isUnresolved(Status status) {
    return status == Status.RECOVERABLE_DEFINED || status == Status.RECOVERABLE_NOT_DEFINED;
  }

  /**
   * Lets go of values that no cell can name any more: shown values, and variables that are gone.
   */
  private void letGo(SnippetEvent event) {
    if (!(event.snippet() instanceof VarSnippet variable)) {
      return;
    }
    if (variable.subKind() == SubKind.TEMP_VAR_EXPRESSION_SUBKIND) {
      classes.forget(variable.name());
      shell.drop(variable);
    } else if (shell.variables().noneMatch(live -> isValid(live, variable.name()))) {
      classes.forget(variable.name());
    }
  }

  private boolean isValid(VarSnippet variable, String name) {
    return variable.name().equals(name) && shell.status(variable) == Status.VALID;
  }
}
