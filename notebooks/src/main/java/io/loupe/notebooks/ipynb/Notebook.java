package io.loupe.notebooks.ipynb;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A notebook of nbformat 4, without outputs.
 *
 * @param minor the minor version of the format: 5 for 4.5
 * @param metadata as the file has them: kernel, language; not modifiable
 * @param cells in order; not modifiable
 */
public record Notebook(int minor, Map<String, Object> metadata, List<Cell> cells) {
  /** The major version of the format. */
  public static final int FORMAT = 4;

  public Notebook {
    if (minor < 0) {
      throw new IllegalArgumentException(
          "The minor version of the format cannot be negative, got " + minor);
    }
    metadata = Json.copy(metadata);
    cells = List.copyOf(cells);
  }

  /**
   * Returns the language of the code in lower case, as {@code kernelspec.language} or {@code
   * language_info.name} has it; empty if the file does not say.
   */
  public Optional<String> language() {
    return text("kernelspec", "language").or(() -> text("language_info", "name"));
  }

  private Optional<String> text(String section, String key) {
    return Optional.ofNullable(metadata.get(section))
        .filter(Map.class::isInstance)
        .map(map -> ((Map<?, ?>) map).get(key))
        .filter(String.class::isInstance)
        .map(name -> name.toString().toLowerCase(Locale.ROOT));
  }
}
