package io.loupe.workbench.family;

import io.loupe.workbench.nn.RotaryScaling;
import tools.jackson.databind.node.ObjectNode;

/** How {@link LoupeConfig} writes and reads the scaling of a rotary embedding. */
final class LoupeRotary {
  private LoupeRotary() {}

  static RotaryScaling read(ConfigFile scaling) throws ModelFormatException {
    String kind = scaling.text("kind");
    return switch (kind) {
      case "none" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(scaling.number("factor"));
      case "dynamic" ->
          new RotaryScaling.Dynamic(scaling.number("factor"), scaling.size("original_context"));
      case "llama3" ->
          new RotaryScaling.Llama3(
              scaling.number("factor"),
              scaling.number("low_factor"),
              scaling.number("high_factor"),
              scaling.size("original_context"));
      case "yarn" ->
          new RotaryScaling.Yarn(
              scaling.number("factor"),
              scaling.size("original_context"),
              scaling.number("fast"),
              scaling.number("slow"),
              scaling.flag("truncate", true),
              scaling.number("attention_factor"));
      case "longrope" ->
          new RotaryScaling.LongRope(
              scaling.numbers("short_factors"),
              scaling.numbers("long_factors"),
              scaling.size("original_context"),
              scaling.number("attention_factor"));
      default ->
          throw new ModelFormatException(
              scaling.file(), "unknown scaling of a rotary embedding: '%s'".formatted(kind));
    };
  }

  static void write(RotaryScaling scaling, ObjectNode into) {
    if (scaling instanceof RotaryScaling.None) {
      into.put("kind", "none");
    } else if (scaling instanceof RotaryScaling.Linear linear) {
      into.put("kind", "linear").put("factor", linear.factor());
    } else if (scaling instanceof RotaryScaling.Dynamic dynamic) {
      into.put("kind", "dynamic")
          .put("factor", dynamic.factor())
          .put("original_context", dynamic.originalContext());
    } else if (scaling instanceof RotaryScaling.Llama3 llama) {
      into.put("kind", "llama3")
          .put("factor", llama.factor())
          .put("low_factor", llama.lowFactor())
          .put("high_factor", llama.highFactor())
          .put("original_context", llama.originalContext());
    } else if (scaling instanceof RotaryScaling.Yarn yarn) {
      into.put("kind", "yarn")
          .put("factor", yarn.factor())
          .put("original_context", yarn.originalContext())
          .put("fast", yarn.fast())
          .put("slow", yarn.slow())
          .put("truncate", yarn.truncate())
          .put("attention_factor", yarn.attentionFactor());
    } else if (scaling instanceof RotaryScaling.LongRope rope) {
      into.put("kind", "longrope")
          .put("original_context", rope.originalContext())
          .put("attention_factor", rope.attentionFactor());
      rope.shortFactors().forEach(into.putArray("short_factors")::add);
      rope.longFactors().forEach(into.putArray("long_factors")::add);
    }
  }
}
