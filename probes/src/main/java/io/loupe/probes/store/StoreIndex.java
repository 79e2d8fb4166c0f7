package io.loupe.probes.store;

import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensorfile.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file {@code index.json}: what is stored, how it came about, and which shards are finished.
 *
 * @param complete whether all shards are there
 * @param labels the values of each kind of label; the shards hold their places
 * @param provenance by name; what decides the bytes of the store, and the version of Java
 * @param shards finished ones
 */
record StoreIndex(
    boolean complete,
    long rows,
    int documents,
    StoreLayout layout,
    Map<String, List<String>> labels,
    Map<String, String> provenance,
    List<Shard> shards) {
  static final String FILE = "index.json";
  static final String FORMAT = "loupe-activation-store";
  static final int VERSION = 1;
  private static final List<String> NOT_COMPARED = List.of("model", "java");
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  StoreIndex {
    labels = new TreeMap<>(labels);
    provenance = new LinkedHashMap<>(provenance);
    shards = List.copyOf(shards);
  }

  /**
   * A finished shard.
   *
   * @param crc32 of each tensor's bytes, as Python's {@code zlib.crc32} computes it
   */
  record Shard(String file, long firstRow, int rows, long bytes, Map<String, Long> crc32) {
    Shard {
      crc32 = new LinkedHashMap<>(crc32);
    }
  }

  StoreIndex with(List<Shard> finished, boolean all) {
    return new StoreIndex(all, rows, documents, layout, labels, provenance, finished);
  }

  /** Says what another store is that this one is not; empty if one goes on with the other. */
  List<String> differences(StoreIndex other) {
    List<String> differences = new ArrayList<>();
    provenance.forEach(
        (name, value) -> {
          String theirs = other.provenance.getOrDefault(name, "not said");
          if (!NOT_COMPARED.contains(name) && !theirs.equals(value)) {
            differences.add("its %s is %s, here it is %s".formatted(name, theirs, value));
          }
        });
    if (!layout.type().equals(other.layout.type())) {
      differences.add(
          "its dtype is %s, here it is %s".formatted(other.layout.type(), layout.type()));
    }
    if (!layout.shapes().equals(other.layout.shapes())) {
      differences.add(
          "its activations are %s, here they are %s"
              .formatted(other.layout.shapes(), layout.shapes()));
    }
    return differences;
  }

  String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT).put("version", VERSION).put("complete", complete);
    root.put("rows", rows).put("documents", documents).put("dtype", layout.type().name());
    ArrayNode activations = root.putArray("activations");
    layout
        .shapes()
        .forEach(
            (point, shape) -> {
              ObjectNode node = activations.addObject().put("name", point.toString());
              node.put("site", point.site().name()).put("layer", point.layer());
              ArrayNode axes = node.putArray("shape");
              shape.forEach(axes::add);
            });
    ObjectNode kinds = root.putObject("labels");
    labels.forEach((name, values) -> values.forEach(kinds.putArray(name)::add));
    ObjectNode origin = root.putObject("provenance");
    provenance.forEach(origin::put);
    ArrayNode files = root.putArray("shards");
    for (Shard shard : shards) {
      ObjectNode node = files.addObject().put("file", shard.file());
      node.put("first_row", shard.firstRow()).put("rows", shard.rows());
      node.put("bytes", shard.bytes());
      ObjectNode sums = node.putObject("crc32");
      shard.crc32().forEach(sums::put);
    }
    return JSON.writeValueAsString(root) + "\n";
  }

  /**
   * Reads the index of a folder.
   *
   * @throws StoreException if there is none, or it is none of this version
   */
  static StoreIndex read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new StoreException(
          file,
          "there is no such file, so this is no store; ActivationStore.capture(...) makes one");
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new StoreException(file, "not JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.path("format").asString("").equals(FORMAT)) {
      throw new StoreException(file, "its format is not " + FORMAT);
    }
    int version = root.path("version").asInt(-1);
    if (version != VERSION) {
      throw new StoreException(
          file,
          "the store is of version %s, this Loupe reads version %d; capture it again"
              .formatted(root.path("version"), VERSION));
    }
    try {
      return parse(root);
    } catch (JacksonException | IllegalArgumentException e) {
      throw new StoreException(file, "damaged: " + e.getMessage(), e);
    }
  }

  private static StoreIndex parse(JsonNode root) {
    Map<HookPoint, List<Long>> shapes = new LinkedHashMap<>();
    for (JsonNode node : root.required("activations")) {
      List<Long> shape = new ArrayList<>();
      node.required("shape").forEach(axis -> shape.add(axis.asLong()));
      shapes.put(HookPoint.parse(node.required("name").asString()), List.copyOf(shape));
    }
    Map<String, List<String>> labels = new TreeMap<>();
    root.required("labels")
        .forEachEntry(
            (name, values) -> {
              List<String> all = new ArrayList<>();
              values.forEach(value -> all.add(value.asString()));
              labels.put(name, List.copyOf(all));
            });
    Map<String, String> provenance = new LinkedHashMap<>();
    root.required("provenance")
        .forEachEntry((name, value) -> provenance.put(name, value.asString()));
    List<Shard> shards = new ArrayList<>();
    for (JsonNode node : root.required("shards")) {
      Map<String, Long> sums = new LinkedHashMap<>();
      node.required("crc32").forEachEntry((name, sum) -> sums.put(name, sum.asLong()));
      shards.add(
          new Shard(
              node.required("file").asString(),
              node.required("first_row").asLong(),
              node.required("rows").asInt(),
              node.required("bytes").asLong(),
              sums));
    }
    StoredType type = StoredType.valueOf(root.required("dtype").asString());
    return new StoreIndex(
        root.required("complete").asBoolean(),
        root.required("rows").asLong(),
        root.required("documents").asInt(),
        new StoreLayout(shapes, type, List.copyOf(labels.keySet())),
        labels,
        provenance,
        shards);
  }
}
