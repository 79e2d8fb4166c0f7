package io.loupe.workbench.hub;

import org.jspecify.annotations.Nullable;

/**
 * What a request is about, for the error if it fails.
 *
 * @param file a file of the repository, or null if it is about all of it
 */
record Subject(HubName name, @Nullable String file) {
  HubException refused(String problem) {
    return new HubException(this, problem, null);
  }

  HubException refused(String problem, Throwable cause) {
    return new HubException(this, problem, cause);
  }

  @Override
  public String toString() {
    return file == null ? name.toString() : name + ", " + file;
  }
}
