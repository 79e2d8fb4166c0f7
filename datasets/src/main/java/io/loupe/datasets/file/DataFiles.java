package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The files of a dataset: a folder, or an archive that is read as one. Paths have slashes. */
public interface DataFiles {
  /** Returns how messages call one of the files. */
  String nameOf(String path);

  /**
   * Returns the files directly in a folder whose names end so, sorted; none if there is no such
   * folder.
   *
   * @param folder path of the folder; empty for the top
   */
  List<String> in(String folder, String suffix) throws IOException;

  /** Tells whether there is such a file. */
  boolean has(String path);

  /**
   * Opens a file.
   *
   * @throws IOException if there is none or it cannot be read
   */
  InputStream open(String path) throws IOException;

  /**
   * Returns the files of a folder, or of a zip archive.
   *
   * @throws DatasetException if there is neither at that place, or the archive is damaged
   */
  static DataFiles of(Path place) throws IOException {
    if (Files.isDirectory(place)) {
      return new FolderFiles(place);
    }
    if (!Files.isRegularFile(place)) {
      throw new DatasetException(place + ": there is no such folder or zip archive");
    }
    return ZipFiles.read(place);
  }

  /**
   * Returns the first of several places at which a file may lie.
   *
   * @throws DatasetException if it lies at none; it lists them
   */
  default String first(String... paths) throws DatasetException {
    return Arrays.stream(paths)
        .filter(this::has)
        .findFirst()
        .orElseThrow(
            () ->
                new DatasetException(
                    "%s: expected one of the files %s, found none"
                        .formatted(nameOf(""), List.of(paths))));
  }

  /**
   * Returns the files of the first of several folders that has such files.
   *
   * @throws DatasetException if none has; it lists them
   */
  default List<String> inFirst(String suffix, String... folders) throws IOException {
    for (String folder : folders) {
      List<String> found = in(folder, suffix);
      if (!found.isEmpty()) {
        return found;
      }
    }
    throw new DatasetException(
        "%s: expected files *%s in one of the folders %s, found none"
            .formatted(
                nameOf(""),
                suffix,
                Arrays.stream(folders).map(folder -> folder.isEmpty() ? "." : folder).toList()));
  }
}
