package io.loupe.notebooks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;

/** Which Loupe this is. */
public final class Version {
  private Version() {}

  /** Returns the version of the project, such as {@code 0.1.0}, as Maven wrote it at build time. */
  public static String project() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      properties.load(Objects.requireNonNull(in, "version.properties is missing from the jar"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version", "unknown");
  }

  /**
   * Returns the git commit that was built, with {@code -dirty} behind it if files had been changed;
   * empty if the launcher did not say (system property {@code loupe.commit}).
   */
  public static Optional<String> commit() {
    return Optional.ofNullable(System.getProperty("loupe.commit")).filter(id -> !id.isBlank());
  }
}
