package io.loupe.workbench.weights;

import io.loupe.workbench.tensorfile.TensorFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The index beside sharded weights.
 *
 * @param shardOf tensor name to file name, in the order of the file
 * @param metadata its {@code metadata}; values that are no texts as their JSON
 */
record WeightIndex(Map<String, String> shardOf, Map<String, String> metadata) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  static WeightIndex read(Path path) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(path));
    } catch (NoSuchFileException e) {
      throw new TensorFileException(path, "there is no such file", e);
    } catch (JacksonException e) {
      throw new TensorFileException(path, "it is no valid JSON: " + e.getOriginalMessage(), e);
    }
    JsonNode weightMap = root.path("weight_map");
    if (!weightMap.isObject() || weightMap.isEmpty()) {
      throw new TensorFileException(
          path, "expected an object weight_map from tensor names to file names");
    }
    Map<String, String> shardOf = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      shardOf.put(entry.getKey(), shardName(path, entry.getKey(), entry.getValue()));
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    root.path("metadata").properties().forEach(e -> metadata.put(e.getKey(), text(e.getValue())));
    return new WeightIndex(
        Collections.unmodifiableMap(shardOf), Collections.unmodifiableMap(metadata));
  }

  private static String text(JsonNode value) {
    return value.isString() ? value.stringValue() : value.toString();
  }

  /** A shard lies beside its index: a name with a path in it could reach any file. */
  private static String shardName(Path path, String tensor, JsonNode name)
      throws TensorFileException {
    String shard = name.isString() ? name.stringValue() : "";
    if (shard.isEmpty() || shard.startsWith("..") || shard.matches("(?s).*[/\\\\\\p{Cntrl}].*")) {
      throw new TensorFileException(
          path, tensor, -1, "expected the name of a file beside the index, got " + name);
    }
    return shard;
  }

  /** Returns the file names, each once, in the order of their first tensor. */
  Set<String> shards() {
    return new LinkedHashSet<>(shardOf.values());
  }
}
