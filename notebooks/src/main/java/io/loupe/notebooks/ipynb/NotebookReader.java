package io.loupe.notebooks.ipynb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;

/** Reads a notebook file. Outputs in it are skipped. */
public final class NotebookReader {
  private final Path file;

  private NotebookReader(Path file) {
    this.file = file;
  }

  /**
   * Reads a notebook.
   *
   * @throws NotebookFormatException if the file is no notebook of nbformat 4
   * @throws IOException if it cannot be read
   */
  public static Notebook read(Path file) throws IOException {
    return read(file, Files.readAllBytes(file));
  }

  /**
   * Reads a notebook from the bytes of a file.
   *
   * @param file where the bytes are from, for messages
   * @throws NotebookFormatException if the bytes are no notebook of nbformat 4
   */
  public static Notebook read(Path file, byte[] content) throws NotebookFormatException {
    return new NotebookReader(file).notebook(content);
  }

  private Notebook notebook(byte[] content) throws NotebookFormatException {
    JsonNode root = parse(content);
    if (!root.isObject()) {
      throw problem("expected a JSON object, got " + kind(root));
    }
    checkFormat(root.path("nbformat"));
    JsonNode cells = root.path("cells");
    if (!cells.isArray()) {
      throw problem("expected a list 'cells', got " + kind(cells));
    }
    List<Cell> list = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      list.add(cell(cells.get(i), "cell " + (i + 1)));
    }
    return new Notebook(minor(root.path("nbformat_minor")), object(root, "metadata", ""), list);
  }

  private JsonNode parse(byte[] content) throws NotebookFormatException {
    if (new String(content, StandardCharsets.UTF_8).isBlank()) {
      throw problem("the file is empty");
    }
    try {
      return Json.MAPPER.readTree(content);
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      String place =
          at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
      String reason = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new NotebookFormatException(file, "not JSON" + place + ": " + reason, e);
    }
  }

  private void checkFormat(JsonNode format) throws NotebookFormatException {
    if (!format.isIntegralNumber()) {
      throw problem("expected a number 'nbformat', got " + kind(format));
    }
    if (format.intValue() != Notebook.FORMAT) {
      throw problem(
          "it has nbformat "
              + format.intValue()
              + "; convert it with 'jupyter nbconvert --to notebook --nbformat 4'");
    }
  }

  private int minor(JsonNode minor) throws NotebookFormatException {
    if (minor.isMissingNode()) {
      return 0;
    }
    if (!minor.isIntegralNumber() || minor.intValue() < 0) {
      throw problem("expected a number 'nbformat_minor', got " + minor);
    }
    return minor.intValue();
  }

  private Cell cell(JsonNode cell, String where) throws NotebookFormatException {
    if (!cell.isObject()) {
      throw problem(where + ": expected an object, got " + kind(cell));
    }
    JsonNode type = cell.path("cell_type");
    if (!type.isString()) {
      throw problem(where + ": expected a text 'cell_type', got " + kind(type));
    }
    String id = cell.path("id").isString() ? cell.path("id").stringValue() : "";
    String source = source(cell.path("source"), where);
    Map<String, Object> metadata = object(cell, "metadata", where + ": ");
    return switch (type.stringValue()) {
      case "code" -> new Cell.Code(id, source, metadata);
      case "markdown" ->
          new Cell.Markdown(id, source, metadata, attachments(cell.path("attachments"), where));
      case "raw" -> new Cell.Raw(id, source, metadata);
      default ->
          throw problem(
              where
                  + ": expected cell_type code, markdown or raw, got '"
                  + type.stringValue()
                  + "'");
    };
  }

  /** The format allows one text, or a list of lines that keep their line ends. */
  private String source(JsonNode source, String where) throws NotebookFormatException {
    if (source.isString()) {
      return withUnixLines(source.stringValue());
    }
    if (!source.isArray()) {
      throw problem(where + ": expected 'source', a text or a list of texts, got " + kind(source));
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode line : source) {
      if (!line.isString()) {
        throw problem(where + ": expected only texts in 'source', got " + kind(line));
      }
      text.append(line.stringValue());
    }
    return withUnixLines(text.toString());
  }

  private static String withUnixLines(String text) {
    return text.replace("\r\n", "\n").replace('\r', '\n');
  }

  private Map<String, Object> object(JsonNode parent, String key, String where)
      throws NotebookFormatException {
    JsonNode child = parent.path(key);
    if (child.isMissingNode()) {
      return Map.of();
    }
    if (!child.isObject()) {
      throw problem(where + "expected an object '" + key + "', got " + kind(child));
    }
    return Json.map(child);
  }

  private Map<String, Map<String, String>> attachments(JsonNode node, String where)
      throws NotebookFormatException {
    Map<String, Map<String, String>> files = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> file : node.properties()) {
      Map<String, String> types = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> type : file.getValue().properties()) {
        types.put(type.getKey(), source(type.getValue(), where + ", attachment " + file.getKey()));
      }
      files.put(file.getKey(), types);
    }
    return files;
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case MISSING -> "nothing";
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case STRING -> "a text";
      case NUMBER -> "the number " + node;
      case BOOLEAN, NULL -> node.toString();
      default -> "something else";
    };
  }

  private NotebookFormatException problem(String problem) {
    return new NotebookFormatException(file, problem, null);
  }
}
