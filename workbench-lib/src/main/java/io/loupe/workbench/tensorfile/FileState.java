package io.loupe.workbench.tensorfile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * What tells that a file is still the one whose header was read: offsets of an old header must not
 * be used on new data.
 */
public record FileState(long size, FileTime modified, @Nullable Object key) {
  /** Takes the present state of a file. */
  public static FileState of(Path file) throws IOException {
    BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
    return new FileState(now.size(), now.lastModifiedTime(), now.fileKey());
  }

  /** Throws if the file is gone, was replaced or was changed. */
  void check(Path file) throws IOException {
    try {
      if (!of(file).equals(this)) {
        throw new TensorFileException(
            file, "the file has changed since it was opened; open it again");
      }
    } catch (NoSuchFileException e) {
      throw new TensorFileException(file, "the file is gone since it was opened", e);
    }
  }
}
