package io.loupe.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The small trained models that come with the project, as folders in Hugging Face's layout. Each
 * has its licence and where it comes from in it.
 */
public final class ShippedModels {
  private static final Map<String, ModelFiles> MODELS = readSums();

  private ShippedModels() {}

  /** Returns the names of all models, sorted. */
  public static List<String> names() {
    return List.copyOf(MODELS.keySet());
  }

  /**
   * Returns a folder with the model's files; empty if no model of that name is shipped.
   *
   * <p>The files are unpacked into a cache at first use, since memory mapping needs real files:
   * under {@code $LOUPE_CACHE}, or {@code $XDG_CACHE_HOME/loupe}, or {@code ~/.cache/loupe}. They
   * are compared with their SHA-256 at each call and unpacked again if they are damaged. If the
   * cache cannot be written, they go to a temporary folder, which is deleted when the JVM exits.
   *
   * @throws IOException if they cannot be unpacked anywhere
   */
  public static Optional<Path> folder(String name) throws IOException {
    ModelFiles files = MODELS.get(name);
    return files == null
        ? Optional.empty()
        : Optional.of(new ModelCache(CacheFolder.root()).folder(files));
  }

  /** Reads lines of {@code <SHA-256> <two spaces> <model>/<file>}. */
  private static Map<String, ModelFiles> readSums() {
    Map<String, Map<String, String>> sums = new TreeMap<>();
    for (String line : sums().lines().toList()) {
      int slash = line.indexOf('/');
      sums.computeIfAbsent(line.substring(66, slash), name -> new LinkedHashMap<>())
          .put(line.substring(slash + 1), line.substring(0, 64));
    }
    Map<String, ModelFiles> models = new TreeMap<>();
    sums.forEach((name, files) -> models.put(name, new ModelFiles(name, files)));
    return models;
  }

  private static String sums() {
    try (InputStream in = ModelFiles.open("SHA256SUMS")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
