package io.loupe.datasets;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Unpacked models on disk. A folder is made under another name and then moved into place at once,
 * so another process sees all of it or nothing.
 */
record ModelCache(Path root) {
  private static final int ATTEMPTS = 5;
  private static final Map<String, Path> TEMPORARY = new ConcurrentHashMap<>();

  /** Returns a folder with the model's files, unpacking them if need be. */
  Path folder(ModelFiles files) throws IOException {
    synchronized (TEMPORARY) {
      Path target = root.resolve("models").resolve(files.folderName());
      try {
        return files.areIn(target) ? target : unpack(files, target);
      } catch (DatasetException e) {
        throw e;
      } catch (IOException e) {
        return temporary(files);
      }
    }
  }

  private static Path unpack(ModelFiles files, Path target) throws IOException {
    Path parent = Files.createDirectories(target.resolveSibling(".")).normalize();
    Path fresh = Files.createTempDirectory(parent, ".unpack-");
    try {
      files.unpackInto(fresh);
      for (int attempt = 1; ; attempt++) {
        try {
          return Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
          if (files.areIn(target)) {
            return target; // another process was first
          }
          if (attempt == ATTEMPTS) {
            throw e;
          }
          setAside(target);
        }
      }
    } finally {
      delete(fresh);
    }
  }

  /** Takes a damaged folder away; whoever has its files open keeps them. */
  private static void setAside(Path target) throws IOException {
    Path aside = target.resolveSibling(".damaged-" + UUID.randomUUID());
    try {
      Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      return; // another process took it away
    }
    delete(aside);
  }

  private static Path temporary(ModelFiles files) throws IOException {
    Path known = TEMPORARY.get(files.folderName());
    if (known != null && files.areIn(known)) {
      return known;
    }
    Path folder = Files.createTempDirectory("loupe-" + files.name() + "-");
    files.unpackInto(folder);
    // the JVM deletes in reverse order: the files first
    folder.toFile().deleteOnExit();
    files.sha256().keySet().forEach(name -> folder.resolve(name).toFile().deleteOnExit());
    TEMPORARY.put(files.folderName(), folder);
    return folder;
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.deleteIfExists(path);
    }
  }
}
