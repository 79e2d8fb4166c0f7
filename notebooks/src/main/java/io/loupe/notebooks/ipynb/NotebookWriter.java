package io.loupe.notebooks.ipynb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;

/**
 * Writes a notebook as it should be committed: without outputs and execution counts, in the layout
 * that Jupyter itself writes (keys sorted, indented by one blank, the source as a list of lines),
 * so that the same notebook always gives the same bytes and a change of one line is a change of one
 * line.
 */
public final class NotebookWriter {
  private static final int MINOR_WITH_IDS = 5;
  private static final ObjectWriter WRITER =
      Json.MAPPER
          .writer()
          .with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .with(
              new DefaultPrettyPrinter(
                      Separators.createDefaultInstance()
                          .withObjectNameValueSpacing(Separators.Spacing.AFTER)
                          .withArrayEmptySeparator("")
                          .withObjectEmptySeparator(""))
                  .withObjectIndenter(new DefaultIndenter(" ", "\n"))
                  .withArrayIndenter(new DefaultIndenter(" ", "\n")));

  private NotebookWriter() {}

  /**
   * Writes the notebook to a file, in place of one that is there.
   *
   * @throws IOException if the file cannot be written
   */
  public static void write(Notebook notebook, Path file) throws IOException {
    Files.writeString(file, toJson(notebook), StandardCharsets.UTF_8);
  }

  /** Returns the text of the file, ended by a line end. */
  public static String toJson(Notebook notebook) {
    Map<String, Object> root = new TreeMap<>();
    root.put("nbformat", Notebook.FORMAT);
    root.put("nbformat_minor", notebook.minor());
    root.put("metadata", notebook.metadata());
    List<Cell> cells = notebook.cells();
    root.put(
        "cells",
        IntStream.range(0, cells.size())
            .mapToObj(i -> cell(cells.get(i), i, notebook.minor() >= MINOR_WITH_IDS))
            .toList());
    return WRITER.writeValueAsString(root) + "\n";
  }

  private static Map<String, Object> cell(Cell cell, int index, boolean withId) {
    Map<String, Object> map = new TreeMap<>();
    map.put("metadata", cell.metadata());
    map.put("source", lines(cell.source()));
    if (withId) {
      map.put("id", cell.id().isEmpty() ? "cell-" + (index + 1) : cell.id());
    }
    if (cell instanceof Cell.Code) {
      map.put("cell_type", "code");
      map.put("execution_count", null);
      map.put("outputs", List.of());
    } else if (cell instanceof Cell.Markdown markdown) {
      map.put("cell_type", "markdown");
      if (!markdown.attachments().isEmpty()) {
        map.put("attachments", markdown.attachments());
      }
    } else {
      map.put("cell_type", "raw");
    }
    return map;
  }

  private static List<String> lines(String source) {
    return source.isEmpty() ? List.of() : List.of(source.split("(?<=\n)"));
  }
}
