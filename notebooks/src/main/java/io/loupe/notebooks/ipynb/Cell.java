package io.loupe.notebooks.ipynb;

import java.util.Map;

/**
 * One cell of a notebook. Outputs are not part of it: they are what a run makes.
 *
 * <p>All three have an {@code id} (empty in files older than nbformat 4.5), the {@code source} with
 * lines ended by {@code \n}, and {@code metadata} as the file has them.
 */
public sealed interface Cell {
  /** Returns the id, unique in its notebook, or an empty text. */
  String id();

  /** Returns the text of the cell. */
  String source();

  /** Returns the metadata as plain maps, lists, texts, numbers and booleans; not modifiable. */
  Map<String, Object> metadata();

  /** Code to run. */
  record Code(String id, String source, Map<String, Object> metadata) implements Cell {
    public Code {
      metadata = Json.copy(metadata);
    }

    /** Makes a cell without id and metadata. */
    public Code(String source) {
      this("", source, Map.of());
    }
  }

  /**
   * Text to read.
   *
   * @param attachments file name to MIME type to base64: images pasted into the cell, which its
   *     Markdown names as {@code attachment:NAME}
   */
  record Markdown(
      String id,
      String source,
      Map<String, Object> metadata,
      Map<String, Map<String, String>> attachments)
      implements Cell {
    public Markdown {
      metadata = Json.copy(metadata);
      attachments = Json.copy(attachments);
    }

    /** Makes a cell without id, metadata and attachments. */
    public Markdown(String source) {
      this("", source, Map.of(), Map.of());
    }
  }

  /** Text that is neither run nor shown. */
  record Raw(String id, String source, Map<String, Object> metadata) implements Cell {
    public Raw {
      metadata = Json.copy(metadata);
    }
  }
}
