package io.loupe.notebooks.eval;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import jdk.jshell.Snippet;

/** Knows for each JShell snippet in which cell, and where in it, it was written. */
final class CellMap {
  private final Map<String, Origin> origins = new HashMap<>();
  private int cell;
  private String source = "";

  /** Begins the next cell; cells are counted from 1. */
  void beginCell(String newSource) {
    cell++;
    source = newSource;
  }

  int cell() {
    return cell;
  }

  /** The source of the current cell. */
  String source() {
    return source;
  }

  void add(Snippet snippet, Piece piece) {
    origins.put(snippet.id(), new Origin(cell, lineAt(piece.start())));
  }

  /**
   * Finds a stack frame's place in a cell.
   *
   * @param frame a frame as JShell translates it: the file name is {@code #} and the snippet's id
   */
  Optional<Place> find(StackTraceElement frame) {
    String file = frame.getFileName();
    if (file == null || !file.startsWith("#")) {
      return Optional.empty();
    }
    return Optional.ofNullable(origins.get(file.substring(1)))
        .map(origin -> new Place(origin.cell(), origin.firstLine() + frame.getLineNumber() - 1));
  }

  /** Returns the line of an offset in the current cell, counted from 1. */
  int lineAt(int offset) {
    return 1 + (int) source.substring(0, offset).chars().filter(c -> c == '\n').count();
  }

  private record Origin(int cell, int firstLine) {}

  /** A line of a cell, both counted from 1. */
  record Place(int cell, int line) {
    @Override
    public String toString() {
      return "cell " + cell + ", line " + line;
    }
  }
}
