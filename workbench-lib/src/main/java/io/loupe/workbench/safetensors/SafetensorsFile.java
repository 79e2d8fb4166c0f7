package io.loupe.workbench.safetensors;

import io.loupe.workbench.tensorfile.FileState;
import io.loupe.workbench.tensorfile.TensorFile;
import io.loupe.workbench.tensorfile.TensorReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One safetensors file; its names are in the order of their data. */
public final class SafetensorsFile extends TensorFile {
  private SafetensorsFile(
      Path path, SafetensorsHeader header, FileState state, TensorReader reader) {
    super(path, header.tensors(), header.metadata(), state, reader);
  }

  /**
   * Reads and checks the header.
   *
   * @throws SafetensorsException if the file is missing, or is no sound safetensors file
   */
  public static SafetensorsFile open(Path file) throws IOException {
    return open(file, new TensorReader());
  }

  static SafetensorsFile open(Path file, TensorReader reader) throws IOException {
    if (Files.isDirectory(file)) {
      throw new SafetensorsException(
          file, "this is a folder; WeightFiles.open(folder) opens the weights in it");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      FileState state = FileState.of(file);
      return new SafetensorsFile(file, SafetensorsHeader.read(file, channel), state, reader);
    } catch (NoSuchFileException e) {
      throw new SafetensorsException(file, "there is no such file", e);
    }
  }
}
