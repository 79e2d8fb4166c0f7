package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A folder on disk. */
record FolderFiles(Path folder) implements DataFiles {
  @Override
  public String nameOf(String path) {
    return folder.resolve(path).toString();
  }

  @Override
  public List<String> in(String inner, String suffix) throws IOException {
    Path place = folder.resolve(inner);
    if (!Files.isDirectory(place)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(place)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(suffix))
          .map(name -> inner.isEmpty() ? name : inner + "/" + name)
          .sorted()
          .toList();
    }
  }

  @Override
  public boolean has(String path) {
    return Files.isRegularFile(folder.resolve(path));
  }

  @Override
  public InputStream open(String path) throws IOException {
    if (!has(path)) {
      throw new DatasetException(nameOf(path) + ": there is no such file");
    }
    return Files.newInputStream(folder.resolve(path));
  }
}
