package io.loupe.datasets.text;

/**
 * What a person of a play says in one go.
 *
 * @param speaker who, such as {@code First Citizen}
 * @param text the lines; may be empty
 */
public record Speech(String speaker, String text) {
  @Override
  public String toString() {
    return text.isEmpty() ? speaker + ":" : speaker + ":\n" + text;
  }
}
