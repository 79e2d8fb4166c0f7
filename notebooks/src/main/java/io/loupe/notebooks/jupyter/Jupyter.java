package io.loupe.notebooks.jupyter;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the {@code jupyter} command on the PATH says, and Jupyter's defaults where there is none.
 */
final class Jupyter {
  private static final long PATIENCE_SECONDS = 60;
  private static final JsonMapper JSON = JsonMapper.shared();

  private Jupyter() {}

  /** Returns the folder of the user's data, for example {@code ~/.local/share/jupyter}. */
  static Path userData() {
    return ask(Map.of(), "--data-dir")
        .map(output -> Path.of(output.strip()))
        .orElseGet(() -> defaultUserData(System.getenv()));
  }

  /** Returns Jupyter's documented default of the user's data folder. */
  static Path defaultUserData(Map<String, String> environment) {
    String given = environment.get("JUPYTER_DATA_DIR");
    if (given != null && !given.isBlank()) {
      return Path.of(given);
    }
    Path home = Path.of(System.getProperty("user.home"));
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (system.startsWith("mac")) {
      return home.resolve("Library").resolve("Jupyter");
    }
    if (system.startsWith("windows")) {
      String roaming = environment.getOrDefault("APPDATA", home.resolve("AppData").toString());
      return Path.of(roaming).resolve("jupyter");
    }
    String xdg = environment.getOrDefault("XDG_DATA_HOME", "");
    return (xdg.isBlank() ? home.resolve(".local").resolve("share") : Path.of(xdg))
        .resolve("jupyter");
  }

  /** Returns the data folder of the Python environment of {@code jupyter}. */
  static Optional<Path> environmentData() {
    // asked to prefer the environment, Jupyter names its etc/jupyter first
    return folders(Map.of("JUPYTER_PREFER_ENV_PATH", "1"), "config").stream()
        .findFirst()
        .map(Path::getParent)
        .map(Path::getParent)
        .map(prefix -> prefix.resolve("share").resolve("jupyter"));
  }

  /** Returns all data folders, in the order in which Jupyter looks into them. */
  static List<Path> data() {
    List<Path> folders = folders(Map.of(), "data");
    return folders.isEmpty() ? List.of(defaultUserData(System.getenv())) : folders;
  }

  private static List<Path> folders(Map<String, String> environment, String kind) {
    Optional<String> answer = ask(environment, "--paths", "--json");
    List<Path> folders = new ArrayList<>();
    try {
      for (JsonNode folder : JSON.readTree(answer.orElse("{}")).path(kind)) {
        folders.add(Path.of(folder.asString()));
      }
    } catch (JacksonException e) {
      return List.of(); // an answer that is none
    }
    return folders;
  }

  /** Returns what {@code jupyter} prints; empty if there is none, it fails or does not end. */
  static Optional<String> ask(Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>(List.of("jupyter"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.empty();
      }
      return process.exitValue() == 0 ? Optional.of(output) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // there is no such command
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
