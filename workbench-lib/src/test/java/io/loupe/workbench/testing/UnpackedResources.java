package io.loupe.workbench.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Folders of the test resources as files: the modules above get them in a jar, once it is packed,
 * and models are read from folders. They are unpacked once for each JVM and go when it ends.
 */
final class UnpackedResources {
  private static final Map<String, Path> FOLDERS = new ConcurrentHashMap<>();

  private UnpackedResources() {}

  static Path folder(URL inJar) {
    return FOLDERS.computeIfAbsent(inJar.toString(), url -> unpacked(inJar));
  }

  private static Path unpacked(URL inJar) {
    try {
      JarURLConnection connection = (JarURLConnection) inJar.openConnection();
      connection.setUseCaches(false);
      Path root = Files.createTempDirectory("loupe-test-resources");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(root)));
      try (JarFile jar = connection.getJarFile()) {
        String name = connection.getEntryName();
        List<JarEntry> entries =
            jar.stream()
                .filter(e -> !e.isDirectory())
                .filter(e -> e.getName().equals(name) || isBelow(name, e.getName()))
                .toList();
        for (JarEntry entry : entries) {
          Path file = root.resolve(entry.getName());
          Files.createDirectories(file.getParent());
          try (InputStream in = jar.getInputStream(entry)) {
            Files.copy(in, file);
          }
        }
        return root.resolve(name);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Test resources cannot be unpacked: " + inJar, e);
    }
  }

  private static boolean isBelow(String folder, String entry) {
    return entry.startsWith(folder.endsWith("/") ? folder : folder + "/");
  }

  private static void delete(Path root) {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      // the system's temporary folder; nothing depends on it
    }
  }
}
