package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.FileState;
import io.loupe.workbench.tensorfile.TensorFile;
import io.loupe.workbench.tensorfile.TensorInfo;
import io.loupe.workbench.tensorfile.TensorReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * The tensors of one file in the format of PyTorch's {@code torch.save}, as it is since version
 * 1.6. The file must hold a dict from names to tensors, or one under {@code state_dict}, {@code
 * model_state_dict} or {@code model}; whatever else is in it is passed over, if it consists of
 * numbers, texts and containers. Classes and functions are refused by name; nothing is ever run.
 * {@code module.} and {@code _orig_mod.}, which wrappers put before every name, are taken off.
 *
 * <p>Tensors that share data (tied weights, transposed views) are read each for itself.
 */
public final class TorchFile extends TensorFile {
  private TorchFile(Path path, Map<String, TensorInfo> tensors, FileState state, int pieceSize) {
    super(path, tensors, Map.of(), state, new TensorReader(pieceSize));
  }

  /**
   * Reads and checks which tensors there are. Checksums are not compared, since PyTorch may leave
   * them out.
   *
   * @throws TorchFileException if the file is missing, or is no sound PyTorch file, or holds
   *     something that is no tensor, number, text or container of them
   */
  public static TorchFile open(Path file) throws IOException {
    return open(file, new TensorReader().pieceSize());
  }

  static TorchFile open(Path file, int pieceSize) throws IOException {
    if (Files.isDirectory(file)) {
      throw new TorchFileException(
          file, "this is a folder; WeightFiles.open(folder) opens the weights in it");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      FileState state = FileState.of(file);
      return new TorchFile(
          file, StateDict.read(TorchArchive.open(file, channel)), state, pieceSize);
    } catch (NoSuchFileException e) {
      throw new TorchFileException(file, "there is no such file", e);
    }
  }
}
