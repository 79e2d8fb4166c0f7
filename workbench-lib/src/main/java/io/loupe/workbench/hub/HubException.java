package io.loupe.workbench.hub;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model that could not be fetched from the hub. Its message names the model, the file if it is
 * about one, what went wrong, and what to do.
 */
public class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String repo;
  private final @Nullable String file;
  private final String problem;

  HubException(Subject subject, String problem, @Nullable Throwable cause) {
    super(subject + ": " + problem, cause);
    this.repo = subject.name().repo();
    this.file = subject.file();
    this.problem = problem;
  }

  /** Returns the model as {@code owner/name}. */
  public String repo() {
    return repo;
  }

  /** Returns the message without the names of model and file. */
  String problem() {
    return problem;
  }

  /** Returns the file it is about, if it is about one. */
  public Optional<String> file() {
    return Optional.ofNullable(file);
  }
}
