package io.loupe.workbench.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which hub, which cache, and how to behave; from the environment variables that Python's {@code
 * huggingface_hub} reads.
 *
 * @param endpoint address of the hub, without a slash at its end
 * @param cache the folder with the models
 * @param token sent to the endpoint and to no other host, or null for none
 * @param offline whether the cache is all there is
 * @param symlinks whether to link snapshots to blobs where that is possible
 * @param patience time limits
 */
public record HubSettings(
    URI endpoint,
    Path cache,
    @Nullable String token,
    boolean offline,
    boolean symlinks,
    Patience patience) {
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  public HubSettings {
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    if (!Set.of("https", "http").contains(scheme) || endpoint.getHost() == null) {
      throw new IllegalArgumentException(
          "Expected an address such as https://huggingface.co in HF_ENDPOINT, got " + endpoint);
    }
  }

  /** Returns what the environment of this process says. */
  public static HubSettings fromEnvironment() throws IOException {
    return of(System.getenv());
  }

  /**
   * Returns what an environment says: {@code HF_ENDPOINT}; {@code HF_HUB_CACHE}, {@code HF_HOME}
   * and {@code XDG_CACHE_HOME}; {@code HF_TOKEN} or the file that {@code hf auth login} writes;
   * {@code HF_HUB_OFFLINE}; {@code HF_HUB_DISABLE_SYMLINKS}. An empty variable counts as none.
   *
   * @throws IOException if there is a token file that cannot be read
   */
  public static HubSettings of(Map<String, String> environment) throws IOException {
    Variables of = new Variables(environment);
    Path home = of.path("HF_HOME", of.path("XDG_CACHE_HOME", of.home().resolve(".cache")));
    if (of.text("HF_HOME") == null) {
      home = home.resolve("huggingface");
    }
    Path cache = of.path("HF_HUB_CACHE", of.path("HUGGINGFACE_HUB_CACHE", home.resolve("hub")));
    return new HubSettings(
        endpoint(of.text("HF_ENDPOINT", "https://huggingface.co")),
        cache,
        token(of, home),
        of.isTrue("HF_HUB_OFFLINE") || of.isTrue("TRANSFORMERS_OFFLINE"),
        !of.isTrue("HF_HUB_DISABLE_SYMLINKS"),
        Patience.DEFAULT);
  }

  /** Returns these settings with other time limits. */
  public HubSettings with(Patience other) {
    return new HubSettings(endpoint, cache, token, offline, symlinks, other);
  }

  private static URI endpoint(String text) {
    try {
      return URI.create(text.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Expected an address such as https://huggingface.co in HF_ENDPOINT, got " + text, e);
    }
  }

  private static @Nullable String token(Variables of, Path home) throws IOException {
    String token = of.text("HF_TOKEN", of.text("HUGGING_FACE_HUB_TOKEN", ""));
    if (token.isEmpty()) {
      try {
        token = Files.readString(of.path("HF_TOKEN_PATH", home.resolve("token"))).strip();
      } catch (NoSuchFileException e) {
        return null;
      }
    }
    // it goes into a header; what cannot stand there is not quoted: it is a secret
    if (!token.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new IllegalArgumentException(
          "The token in HF_TOKEN or in the token file has characters that no token has");
    }
    return token.isEmpty() ? null : token;
  }

  /** Without the token, which is a secret. */
  @Override
  public String toString() {
    return "HubSettings[endpoint=%s, cache=%s, token=%s, offline=%s, symlinks=%s, patience=%s]"
        .formatted(endpoint, cache, token == null ? "none" : "***", offline, symlinks, patience);
  }

  /** Reads environment variables as Python does. */
  private record Variables(Map<String, String> values) {
    @Nullable String text(String name) {
      String value = values.getOrDefault(name, "").strip();
      return value.isEmpty() ? null : value;
    }

    String text(String name, String absent) {
      String value = text(name);
      return value == null ? absent : value;
    }

    boolean isTrue(String name) {
      return TRUE.contains(text(name, "").toUpperCase(Locale.ROOT));
    }

    Path home() {
      return Path.of(text("HOME", System.getProperty("user.home", "")));
    }

    Path path(String name, Path absent) {
      String value = text(name);
      if (value == null) {
        return absent;
      }
      boolean inHome = value.equals("~") || value.startsWith("~/");
      return inHome ? home().resolve(value.substring(Math.min(2, value.length()))) : Path.of(value);
    }
  }
}
