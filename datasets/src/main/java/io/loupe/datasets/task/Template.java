package io.loupe.datasets.task;

import io.loupe.datasets.Prompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with slots, such as {@code Then, {A} and {B} met.} Filling it names each slot's text as a
 * span.
 *
 * @param text the text; a slot's name stands between braces and occurs once
 */
public record Template(String text) {
  private static final Pattern SLOT = Pattern.compile("\\{([^{}]+)}");

  /** Returns templates of these texts. */
  public static List<Template> all(String... texts) {
    return Arrays.stream(texts).map(Template::new).toList();
  }

  /**
   * Fills the slots.
   *
   * @param values the text of each slot by its name; more than the slots is allowed, so that
   *     templates can leave some out
   * @throws IllegalArgumentException if a slot has no text
   */
  public Prompt fill(Map<String, String> values) {
    PromptText filled = new PromptText();
    Matcher slots = SLOT.matcher(text);
    int end = 0;
    while (slots.find()) {
      filled.add(text.substring(end, slots.start()));
      String value = values.get(slots.group(1));
      if (value == null) {
        throw new IllegalArgumentException(
            "Slot {%s} of \"%s\" has no text; there are %s"
                .formatted(slots.group(1), text, values.keySet()));
      }
      filled.add(slots.group(1), value);
      end = slots.end();
    }
    return filled.add(text.substring(end)).prompt();
  }

  /** Returns the names of the slots in their order. */
  public List<String> slots() {
    List<String> names = new ArrayList<>();
    SLOT.matcher(text).results().forEach(slot -> names.add(slot.group(1)));
    return names;
  }
}
