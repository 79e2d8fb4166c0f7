package io.loupe.workbench.family;

import io.loupe.workbench.display.Table;
import io.loupe.workbench.nn.ModelConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The model families that can be loaded. */
public final class Families {
  private static final List<Family> ALL =
      List.of(
          new Gpt2(),
          new GptNeo(),
          new GptJ(),
          new GptNeoX(),
          new Opt(),
          new Bloom(),
          new Llama(),
          new Mistral(),
          new Qwen2(),
          new Qwen3(),
          new Gemma(),
          new Gemma2(),
          new Gemma3(),
          new Phi(),
          new Phi3(),
          new Olmo2(),
          new Bert(),
          new Roberta(),
          new DistilBert(),
          new LoupeConfig());

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
    refuseQuantised(file);
    try {
      return family(file).config(file);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file.file(), String.valueOf(e.getMessage()), e);
    }
  }

  /** Shows the families that can be loaded, what each exercises, and a checkpoint of it. */
  public static Table table() {
    Table table = Table.of("family", "what it exercises", "for example");
    for (Family family : ALL) {
      table = table.row(family.name(), family.summary(), family.example());
    }
    return table;
  }

  private static void refuseQuantised(ConfigFile file) throws ModelFormatException {
    Optional<ConfigFile> quantised = file.object("quantization_config");
    if (quantised.isPresent()) {
      throw new ModelFormatException(
          file.file(),
          "the weights are quantised (%s), which is not supported: load the checkpoint they were made from, in float32, float16 or bfloat16"
              .formatted(quantised.get().text("quant_method", "method not named")));
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
