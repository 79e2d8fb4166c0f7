package io.loupe.workbench.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.tensorfile.NearestNames;
import io.loupe.workbench.tensorfile.TensorFile;
import io.loupe.workbench.tensorfile.TensorFileException;
import io.loupe.workbench.tensorfile.TensorInfo;
import io.loupe.workbench.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a model as one view from name to tensor, be they in one file or in several with an
 * index, as Hugging Face stores them: safetensors, or PyTorch's own format. There is nothing to
 * close; see {@link TensorFile}.
 */
public final class WeightFiles {
  /** What a folder's weights are called; the first that is there is taken. */
  private static final List<String> IN_FOLDER =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private static final List<String> TORCH_ENDINGS = List.of(".bin", ".pt", ".pth", ".ckpt");
  private static final String INDEX_ENDING = ".index.json";

  private final Path path;
  private final Map<String, TensorFile> fileOf;
  private final List<TensorFile> files;
  private final Map<String, String> metadata;
  private @Nullable String sha256;

  private WeightFiles(
      Path path,
      Map<String, TensorFile> fileOf,
      List<TensorFile> files,
      Map<String, String> metadata) {
    this.path = path;
    this.fileOf = Collections.unmodifiableMap(fileOf);
    this.files = List.copyOf(files);
    this.metadata = metadata;
  }

  /**
   * Opens weights and reads the headers of all their files.
   *
   * @param folderOrFile a folder with {@code model.safetensors}, {@code
   *     model.safetensors.index.json}, {@code pytorch_model.bin} or {@code
   *     pytorch_model.bin.index.json} (the first of them that is there is taken), or an index file,
   *     or a file of weights: PyTorch's if its name ends in {@code .bin}, {@code .pt}, {@code .pth}
   *     or {@code .ckpt}, else safetensors
   * @throws TensorFileException if a file is missing or damaged, or the index and the files behind
   *     it contradict each other
   */
  public static WeightFiles open(Path folderOrFile) throws IOException {
    Path path = Files.isDirectory(folderOrFile) ? inFolder(folderOrFile) : folderOrFile;
    return path.toString().endsWith(INDEX_ENDING) ? sharded(path) : single(path);
  }

  private static Path inFolder(Path folder) throws TensorFileException {
    for (String name : IN_FOLDER) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new TensorFileException(
        folder,
        "expected one of %s in this folder; it has none".formatted(String.join(", ", IN_FOLDER)));
  }

  private static TensorFile openFile(Path file) throws IOException {
    boolean torch = TORCH_ENDINGS.stream().anyMatch(file.toString()::endsWith);
    return torch ? TorchFile.open(file) : SafetensorsFile.open(file);
  }

  private static WeightFiles single(Path path) throws IOException {
    TensorFile file = openFile(path);
    Map<String, TensorFile> fileOf = new LinkedHashMap<>();
    file.names().forEach(name -> fileOf.put(name, file));
    return new WeightFiles(path, fileOf, List.of(file), file.metadata());
  }

  private static WeightFiles sharded(Path path) throws IOException {
    WeightIndex index = WeightIndex.read(path);
    Map<String, TensorFile> shards = new LinkedHashMap<>();
    for (String shard : index.shards()) {
      Path file = path.resolveSibling(shard);
      if (!Files.exists(file)) {
        throw new TensorFileException(
            path, "it lists the file " + shard + ", which is not beside it");
      }
      shards.put(shard, openFile(file));
    }
    return new WeightFiles(
        path, merge(path, index, shards), new ArrayList<>(shards.values()), index.metadata());
  }

  /** Puts the shards together: the index's names in its order, then those it does not list. */
  private static Map<String, TensorFile> merge(
      Path path, WeightIndex index, Map<String, TensorFile> shards) throws TensorFileException {
    Map<String, TensorFile> fileOf = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : index.shardOf().entrySet()) {
      TensorFile shard = shards.get(entry.getValue());
      if (shard == null || !shard.contains(entry.getKey())) {
        throw new TensorFileException(
            path, entry.getKey(), -1, "it is listed for " + entry.getValue() + ", which lacks it");
      }
      fileOf.put(entry.getKey(), shard);
    }
    for (TensorFile shard : shards.values()) {
      for (String name : shard.names()) {
        TensorFile other = fileOf.putIfAbsent(name, shard);
        if (other != null && other != shard) {
          throw new TensorFileException(
              path,
              name,
              -1,
              "it is in two files, "
                  + other.path().getFileName()
                  + " and "
                  + shard.path().getFileName());
        }
      }
    }
    return fileOf;
  }

  /** Returns the file that was opened: the file of weights or the index. */
  public Path path() {
    return path;
  }

  /** Returns the files of weights, in the order in which the index first names them. */
  public List<Path> files() {
    return files.stream().map(TensorFile::path).toList();
  }

  /** Returns the names of all tensors: in the order of the data, or of the index. */
  public List<String> names() {
    return List.copyOf(fileOf.keySet());
  }

  /** Tells whether there is a tensor of that name. */
  public boolean contains(String name) {
    return fileOf.containsKey(name);
  }

  /**
   * Returns type, shape and place of a tensor in its file.
   *
   * @throws TensorFileException if there is none of that name; it lists the nearest names
   */
  public TensorInfo info(String name) throws TensorFileException {
    return file(name).info(name);
  }

  /** Returns the texts stored with the weights; for shards, those of the index. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Reads a tensor into an array; see {@link TensorFile#read}. */
  public NDArray read(String name, NDManager manager, DataType target) throws IOException {
    return file(name).read(name, manager, target);
  }

  /** Copies a floating-point tensor; see {@link TensorFile#floats}. */
  public float[] floats(String name) throws IOException {
    return file(name).floats(name);
  }

  /** Copies a tensor of whole numbers or truth values; see {@link TensorFile#longs}. */
  public long[] longs(String name) throws IOException {
    return file(name).longs(name);
  }

  /**
   * Returns the SHA-256 of the weights, computed at the first call, which reads all of them. For
   * one file it is that file's; for shards it is taken over their names and contents in the order
   * of {@link #files()}, as {@link Sha256#ofAll} says.
   */
  public synchronized String sha256() throws IOException {
    if (sha256 == null) {
      sha256 = files.size() == 1 ? files.get(0).sha256() : Sha256.ofAll(files());
    }
    return sha256;
  }

  private TensorFile file(String name) throws TensorFileException {
    TensorFile file = fileOf.get(name);
    if (file == null) {
      throw new TensorFileException(
          path, name, -1, "there is no such tensor; " + NearestNames.hint(name, fileOf.keySet()));
    }
    return file;
  }

  @Override
  public String toString() {
    return path + " (" + fileOf.size() + " tensors in " + files.size() + " files)";
  }
}
