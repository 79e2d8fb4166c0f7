package io.loupe.workbench.family;

import io.loupe.workbench.nn.ModelConfig;
import java.util.List;
import java.util.stream.Collectors;

/** The model families that can be loaded. */
public final class Families {
  private static final List<Family> ALL = List.of(new Gpt2(), new Llama());

  private Families() {}

  /** Returns the {@code model_type}s that are known, as they stand in {@code config.json}. */
  public static List<String> names() {
    return ALL.stream().map(Family::name).toList();
  }

  /**
   * Reads a configuration; throws {@code ModelFormatException} naming the known families if this is
   * none of them.
   */
  public static ModelConfig config(ConfigFile file) throws ModelFormatException {
    try {
      return family(file).config(file);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file.file(), String.valueOf(e.getMessage()), e);
    }
  }

  static Family family(ConfigFile file) throws ModelFormatException {
    String type = file.text("model_type");
    for (Family family : ALL) {
      if (family.name().equals(type)) {
        return family;
      }
    }
    throw new ModelFormatException(
        file.file(),
        "unknown model family '%s'; known are %s"
            .formatted(type, names().stream().collect(Collectors.joining(", "))));
  }
}
