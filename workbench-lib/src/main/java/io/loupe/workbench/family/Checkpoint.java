package io.loupe.workbench.family;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a checkpoint's tensors as our parameters: each stored tensor once, parts of fused tensors
 * as views.
 */
public final class Checkpoint {
  private static final String WITHOUT_PREFIX = "/";

  private final Path folder;
  private final WeightFiles files;
  private final NDManager manager;
  private final DataType type;
  private final Map<String, NDArray> read = new HashMap<>();

  private Checkpoint(Path folder, WeightFiles files, NDManager manager, DataType type) {
    this.folder = folder;
    this.files = files;
    this.manager = manager;
    this.type = type;
  }

  /**
   * Reads all parameters of a model.
   *
   * @throws IOException naming the file, the tensor and the expected shape if one is missing or has
   *     another shape
   */
  public static Weights read(
      Path folder,
      ConfigFile file,
      ModelConfig config,
      WeightFiles files,
      NDManager manager,
      DataType type)
      throws IOException {
    if (config.layers() > files.names().size()) {
      throw new ModelFormatException(
          file.file(),
          "it asks for %d layers, but there are only %d tensors in %s"
              .formatted(config.layers(), files.names().size(), files.path()));
    }
    WeightMap map = Families.family(file).weights(config, file);
    Checkpoint checkpoint = new Checkpoint(folder, files, manager, type);
    String prefix = checkpoint.prefix(map);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (Map.Entry<String, Source> entry : map.sources().entrySet()) {
      weights.put(entry.getKey(), checkpoint.parameter(entry.getValue(), prefix));
    }
    return new Weights(weights);
  }

  /**
   * Some checkpoints were saved from the bare model, without the name of the part that holds it.
   */
  private String prefix(WeightMap map) {
    String first = map.sources().values().iterator().next().tensor();
    return map.prefixes().stream()
        .filter(prefix -> files.names().contains(prefix + first))
        .findFirst()
        .orElse(map.prefixes().get(0));
  }

  private NDArray parameter(Source source, String prefix) throws IOException {
    boolean bare = source.tensor().startsWith(WITHOUT_PREFIX);
    String name = bare ? source.tensor().substring(1) : prefix + source.tensor();
    NDArray tensor = read.get(name);
    if (tensor == null) {
      requireShape(name, source.shape());
      tensor = files.read(name, manager, type);
      read.put(name, tensor);
    }
    if (source.dimension() >= 0) {
      tensor =
          tensor.get(
              new NDIndex().addAllDim(source.dimension()).addSliceDim(source.from(), source.to()));
    }
    return source.transposed() ? tensor.transpose() : tensor;
  }

  private void requireShape(String name, List<Long> expected) throws IOException {
    List<Long> actual = files.info(name).shape();
    if (!actual.equals(expected)) {
      throw new ModelFormatException(
          folder,
          "tensor '%s' has the shape %s; config.json asks for %s"
              .formatted(name, actual, expected));
    }
  }
}
