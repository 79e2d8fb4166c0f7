package io.loupe.notebooks.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import org.jspecify.annotations.Nullable;

/** Words errors in terms of cells and their lines. */
final class ErrorReports {
  private static final int FRAMES = 20;
  private static final Pattern LAMBDA = Pattern.compile("lambda\\$.*");
  private static final Pattern JDK = Pattern.compile("(java|javax|jdk|sun|com\\.sun)\\..*");

  private final CellMap cells;

  ErrorReports(CellMap cells) {
    this.cells = cells;
  }

  /** Reports compiler errors in a piece of the current cell. */
  CellError compile(Piece piece, List<Diag> diagnostics) {
    List<Diag> errors = diagnostics.stream().filter(Diag::isError).toList();
    if (errors.isEmpty()) {
      return compile(piece.start(), 1, "this is not a statement, declaration or expression");
    }
    List<String> report = new ArrayList<>();
    for (Diag error : errors) {
      report.addAll(compile(piece, error).report());
    }
    CellError first = compile(piece, errors.get(0));
    return new CellError(first.kind(), first.name(), first.message(), first.line(), report);
  }

  private CellError compile(Piece piece, Diag error) {
    int start = piece.start() + (int) Math.max(0, error.getPosition());
    int length = (int) Math.max(1, error.getEndPosition() - Math.max(0, error.getPosition()));
    return compile(start, length, withoutLocation(error.getMessage(null)));
  }

  /** Reports a compile error at an offset of the current cell. */
  CellError compile(int start, int length, String message) {
    int offset = Math.min(start, cells.source().length());
    int line = cells.lineAt(offset);
    List<String> report = new ArrayList<>();
    report.add("CompileError: " + message);
    report.addAll(marked(line, offset, length));
    return new CellError(CellError.Kind.COMPILE, "CompileError", message, line, report);
  }

  /** Reports a name that is still unknown when the cell ends, as {@code "variable x"}. */
  CellError unresolved(Piece piece, String dependency) {
    String name = dependency.replaceAll("^\\w+ ", "").replaceAll("\\(.*", "");
    Matcher use = Pattern.compile("\\b" + Pattern.quote(name) + "\\b").matcher(piece.source());
    boolean found = use.find();
    return compile(
        piece.start() + (found ? use.start() : 0),
        found ? name.length() : 1,
        "cannot find " + dependency);
  }

  /** Reports an exception that the current cell threw. */
  CellError thrown(EvalException exception) {
    String name = simpleName(exception.getExceptionClassName());
    String message = message(exception);
    int line = lineInCell(exception.getStackTrace());
    List<String> report = new ArrayList<>();
    report.add(headline(exception));
    report.addAll(marked(line));
    report.addAll(frames(exception));
    for (Throwable cause = exception.getCause(); cause != null; cause = cause.getCause()) {
      report.add("Caused by " + headline(cause));
      report.addAll(frames(cause));
    }
    return new CellError(CellError.Kind.RUNTIME, name, message, line, report);
  }

  /** Reports the call of a method or class that names something unknown. */
  CellError undefined(StackTraceElement[] frames, String message) {
    int line = lineInCell(frames);
    List<String> report = new ArrayList<>();
    report.add("CompileError: " + message);
    report.addAll(marked(line));
    return new CellError(CellError.Kind.COMPILE, "CompileError", message, line, report);
  }

  /** Reports that the cell was stopped, where the stack tells it. */
  CellError interrupted(@Nullable Throwable thrown) {
    int line = thrown == null ? 0 : lineInCell(thrown.getStackTrace());
    List<String> report = new ArrayList<>();
    report.add("Interrupted: the cell was stopped");
    report.addAll(marked(line));
    if (thrown != null) {
      report.addAll(frames(thrown));
    }
    return new CellError(
        CellError.Kind.INTERRUPTED, "Interrupted", "the cell was stopped", line, report);
  }

  private int lineInCell(StackTraceElement[] frames) {
    for (StackTraceElement frame : frames) {
      Optional<CellMap.Place> place = cells.find(frame);
      if (place.isPresent() && place.get().cell() == cells.cell()) {
        return place.get().line();
      }
    }
    return 0;
  }

  private List<String> marked(int line) {
    return line == 0 ? List.of() : List.of("--> " + line + " | " + sourceLine(line));
  }

  private List<String> marked(int line, int offset, int length) {
    String text = sourceLine(line);
    int column = offset - (cells.source().lastIndexOf('\n', offset - 1) + 1);
    int marks = Math.max(1, Math.min(length, text.length() - column));
    String head = "--> " + line + " | ";
    String margin = " ".repeat(head.length() - 2) + "| ";
    return List.of(head + text, margin + " ".repeat(column) + "^".repeat(marks));
  }

  private String sourceLine(int line) {
    return cells.source().split("\n", -1)[line - 1].stripTrailing();
  }

  private List<String> frames(Throwable thrown) {
    List<String> lines = new ArrayList<>();
    for (StackTraceElement frame : thrown.getStackTrace()) {
      Optional<CellMap.Place> place = cells.find(frame);
      if (place.isPresent()) {
        lines.add("    at " + (method(frame) + " (" + place.get() + ")").strip());
      } else if (isLibrary(frame)) {
        lines.add("    at " + frame.getClassName() + "." + frame.getMethodName() + source(frame));
      }
    }
    int more = lines.size() - FRAMES;
    if (more > 0) {
      lines.subList(FRAMES / 2, FRAMES / 2 + more).clear();
      lines.add(FRAMES / 2, "    ... " + more + " more");
    }
    return lines;
  }

  private static boolean isLibrary(StackTraceElement frame) {
    return !frame.getClassName().isEmpty()
        && !frame.getClassName().startsWith(ErrorReports.class.getPackageName())
        && !JDK.matcher(frame.getClassName()).matches();
  }

  private static String source(StackTraceElement frame) {
    return frame.getFileName() == null
        ? ""
        : "(" + frame.getFileName() + ":" + frame.getLineNumber() + ")";
  }

  private static String method(StackTraceElement frame) {
    String method = LAMBDA.matcher(frame.getMethodName()).replaceFirst("lambda");
    return frame.getClassName().isEmpty() ? method : frame.getClassName() + "." + method;
  }

  private static String headline(Throwable thrown) {
    String message = message(thrown);
    return message.isEmpty() ? name(thrown) : name(thrown) + ": " + message;
  }

  private static String name(Throwable thrown) {
    return simpleName(
        thrown instanceof EvalException exception
            ? exception.getExceptionClassName()
            : thrown.getClass().getName());
  }

  private static String message(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? "" : message;
  }

  private static String simpleName(String className) {
    return className.substring(
        Math.max(className.lastIndexOf('.'), className.lastIndexOf('$')) + 1);
  }

  private static String withoutLocation(String message) {
    return String.join(
        "\n", message.lines().filter(line -> !line.strip().startsWith("location:")).toList());
  }
}
