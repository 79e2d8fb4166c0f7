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
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a checkpoint's tensors as our parameters: each stored tensor once, runs of fused tensors as
 * views.
 */
public final class Checkpoint {
  private static final String WITHOUT_PREFIX = "/";

  private final Path folder;
  private final WeightFiles files;
  private final NDManager manager;
  private final DataType type;
  private final Map<String, NDArray> stored = new HashMap<>();
  private final Map<String, Integer> uses = new HashMap<>(); // by sources not yet made
  private final Map<Source, NDArray> parameters = new HashMap<>();
  private final Set<NDArray> regrouped = Collections.newSetFromMap(new IdentityHashMap<>());
  private String prefix = "";

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
    checkpoint.prefix = checkpoint.prefix(map);
    map.sources().values().stream().distinct().forEach(checkpoint::count);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (Map.Entry<String, Source> entry : map.sources().entrySet()) {
      weights.put(entry.getKey(), checkpoint.parameter(entry.getValue()));
    }
    return new Weights(weights);
  }

  /**
   * Some checkpoints were saved from the bare model, without the name of the part that holds it.
   */
  private String prefix(WeightMap map) {
    String first = map.sources().values().iterator().next().names().get(0);
    return map.prefixes().stream()
        .filter(candidate -> files.contains(candidate + first))
        .findFirst()
        .orElse(map.prefixes().get(0));
  }

  private void count(Source source) {
    uses.merge(name(source), 1, Integer::sum);
    source.times().ifPresent(this::count);
  }

  /** The same source is the same array: tied weights are held once. */
  private NDArray parameter(Source source) throws IOException {
    NDArray made = parameters.get(source);
    if (made == null) {
      made = make(source);
      parameters.put(source, made);
    }
    return made;
  }

  private NDArray make(Source source) throws IOException {
    NDArray tensor = stored(source);
    NDArray own = cut(source.cut(), tensor);
    if (source.transposed()) {
      own = own.transpose();
    }
    if (source.plus() != 0) {
      own = own.add(source.plus());
    }
    if (source.times().isPresent()) {
      own = own.matMul(parameter(source.times().get()));
    }
    String name = name(source);
    boolean kept = own == tensor || parameters.values().stream().anyMatch(p -> p == tensor);
    if (uses.merge(name, -1, Integer::sum) == 0 && !kept) {
      stored.remove(name);
      regrouped.remove(tensor);
      tensor.close(); // views of it keep what they show
    }
    return own;
  }

  private NDArray cut(Source.Cut cut, NDArray tensor) {
    if (cut instanceof Source.Cut.Range range) {
      return tensor.get(
          new NDIndex().addAllDim(range.dimension()).addSliceDim(range.from(), range.to()));
    }
    if (cut instanceof Source.Cut.OfEachHead part) {
      long[] shape = tensor.getShape().getShape();
      long rows = shape[0] / part.parts();
      if (regrouped.contains(tensor)) {
        return tensor.get(new NDIndex().addSliceDim(part.part() * rows, (part.part() + 1) * rows));
      }
      long width = tensor.size() / shape[0];
      NDArray byHead = tensor.reshape(part.heads(), part.parts(), rows / part.heads(), width);
      NDArray own = byHead.get(new NDIndex().addAllDim(1).addIndices(part.part()));
      return shape.length == 1 ? own.reshape(rows) : own.reshape(rows, width);
    }
    return tensor;
  }

  private NDArray stored(Source source) throws IOException {
    String name = name(source);
    NDArray tensor = stored.get(name);
    if (tensor == null) {
      requireShape(name, source.shape());
      tensor = files.read(name, manager, type);
      stored.put(name, tensor);
      if (source.cut() instanceof Source.Cut.OfEachHead cut
          && FusedHeads.regroup(tensor, cut.heads(), cut.parts())) {
        regrouped.add(tensor); // its parts are all of this kind
      }
    }
    return tensor;
  }

  /** Returns the first of the tensor's names that the files have, or the first. */
  private String name(Source source) {
    List<String> names = source.names().stream().map(this::inFile).toList();
    return names.stream().filter(files::contains).findFirst().orElse(names.get(0));
  }

  private String inFile(String name) {
    return name.startsWith(WITHOUT_PREFIX) ? name.substring(1) : prefix + name;
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
