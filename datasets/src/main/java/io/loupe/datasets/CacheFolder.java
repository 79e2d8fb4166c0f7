package io.loupe.datasets;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where files may be kept from one run to the next. */
final class CacheFolder {
  private CacheFolder() {}

  static Path root() {
    return root(System.getenv(), System.getProperty("user.home", "."));
  }

  static Path root(Map<String, String> environment, String home) {
    String own = set(environment.get("LOUPE_CACHE"));
    if (own != null) {
      return Path.of(own).toAbsolutePath();
    }
    String caches = set(environment.get("XDG_CACHE_HOME"));
    // a relative path there is to be ignored: XDG Base Directory Specification
    Path parent =
        caches != null && Path.of(caches).isAbsolute() ? Path.of(caches) : Path.of(home, ".cache");
    return parent.resolve("loupe").toAbsolutePath();
  }

  private static @Nullable String set(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }
}
