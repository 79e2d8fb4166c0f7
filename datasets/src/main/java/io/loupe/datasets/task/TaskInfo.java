package io.loupe.datasets.task;

/**
 * What a task says of itself.
 *
 * @param name short and lower case, such as {@code greater-than}
 * @param description what is asked and what the corruption changes, in one or two sentences
 * @param source the paper, as authors, year and title
 */
public record TaskInfo(String name, String description, String source) {
  public TaskInfo {
    if (name.isBlank() || description.isBlank() || source.isBlank()) {
      throw new IllegalArgumentException(
          "A task needs a name, a description and a source, got '%s', '%s', '%s'"
              .formatted(name, description, source));
    }
  }
}
