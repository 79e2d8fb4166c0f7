package io.loupe.workbench.family;

import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.RotaryScaling;
import java.util.List;

/**
 * Reads the rotary embedding of a configuration. Newer files keep it in {@code rope_parameters},
 * older ones in {@code rope_scaling} and at the top level.
 *
 * @param dHead width of a head
 * @param baseKey the base's key at the top level
 * @param base the base where the file gives none
 * @param shareKey the top-level key of the share of a head's dimensions that are turned
 * @param share that share where the file gives none
 */
record RotaryConfig(int dHead, String baseKey, double base, String shareKey, double share) {

  /** As Llama and most others have it: base 10,000, all dimensions. */
  static RotaryConfig of(int dHead) {
    return new RotaryConfig(dHead, "rope_theta", 10_000, "partial_rotary_factor", 1);
  }

  /** Returns the settings, from wherever the file keeps them. */
  static ConfigFile settings(ConfigFile file) throws ModelFormatException {
    ConfigFile older = file.object("rope_scaling").orElse(null);
    return older != null ? older : file.object("rope_parameters").orElse(file.empty());
  }

  /** Reads the embedding that all layers share. */
  PositionSpec.Rotary read(ConfigFile file) throws ModelFormatException {
    return read(file, settings(file));
  }

  /**
   * Reads the embedding of layers of one type, whose settings may stand under the type's name.
   *
   * @param layerType {@code full_attention} or {@code sliding_attention}
   */
  PositionSpec.Rotary read(ConfigFile file, String layerType) throws ModelFormatException {
    ConfigFile settings = settings(file);
    return read(file, settings.has(layerType) ? settings.objectAt(layerType) : settings);
  }

  /** Reads the embedding from its settings. */
  PositionSpec.Rotary read(ConfigFile file, ConfigFile settings) throws ModelFormatException {
    double theta = settings.number("rope_theta", file.number(baseKey, base));
    double part = settings.number("partial_rotary_factor", file.number(shareKey, share));
    int dimensions = (int) (dHead * part);
    if (theta <= 0) {
      throw new ModelFormatException(
          file.file(), "the base of the rotary embedding must be positive; got " + theta);
    }
    return new PositionSpec.Rotary(
        dimensions, theta, PositionSpec.Pairing.HALVES, scaling(file, settings));
  }

  private static RotaryScaling scaling(ConfigFile file, ConfigFile settings)
      throws ModelFormatException {
    String type = settings.text("rope_type", settings.text("type", "default"));
    return switch (type) {
      case "default" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(factor(settings));
      case "dynamic" ->
          new RotaryScaling.Dynamic(factor(settings), file.size("max_position_embeddings"));
      case "llama3" ->
          new RotaryScaling.Llama3(
              factor(settings),
              settings.number("low_freq_factor"),
              settings.number("high_freq_factor"),
              originalContext(file, settings));
      case "yarn" -> yarn(file, settings);
      case "longrope", "su" -> longRope(file, settings);
      default ->
          throw new ModelFormatException(
              file.file(),
              "rotary scaling '%s' is not supported; supported are %s"
                  .formatted(
                      type, List.of("default", "linear", "dynamic", "llama3", "yarn", "longrope")));
    };
  }

  private static RotaryScaling yarn(ConfigFile file, ConfigFile settings)
      throws ModelFormatException {
    int original = originalContext(file, settings);
    double factor =
        settings.number("factor", file.size("max_position_embeddings") / (double) original);
    double mscale = settings.number("mscale", 0);
    double mscaleAll = settings.number("mscale_all_dim", 0);
    double attention =
        mscale != 0 && mscaleAll != 0
            ? temperature(factor, mscale) / temperature(factor, mscaleAll)
            : temperature(factor, 1);
    return new RotaryScaling.Yarn(
        factor,
        original,
        settings.number("beta_fast", 32),
        settings.number("beta_slow", 1),
        settings.flag("truncate", true),
        settings.number("attention_factor", attention));
  }

  private static double temperature(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  static RotaryScaling longRope(ConfigFile file, ConfigFile settings) throws ModelFormatException {
    int original = originalContext(file, settings);
    double factor =
        settings.number("factor", file.size("max_position_embeddings") / (double) original);
    double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new RotaryScaling.LongRope(
        settings.numbers("short_factor"),
        settings.numbers("long_factor"),
        original,
        settings.number("attention_factor", attention));
  }

  private static int originalContext(ConfigFile file, ConfigFile settings)
      throws ModelFormatException {
    String key = "original_max_position_embeddings";
    return file.has(key)
        ? file.size(key)
        : settings.size(key, file.size("max_position_embeddings"));
  }

  private static double factor(ConfigFile settings) throws ModelFormatException {
    double factor = settings.number("factor");
    if (factor < 1) {
      throw new ModelFormatException(
          settings.file(), "a rotary scaling 'factor' is at least 1; got " + factor);
    }
    return factor;
  }
}
