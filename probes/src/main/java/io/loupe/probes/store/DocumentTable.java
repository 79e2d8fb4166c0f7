package io.loupe.probes.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The file {@code documents.json}: the documents' ids and how many rows each has, in order. */
final class DocumentTable {
  static final String FILE = "documents.json";

  private final List<String> ids;
  private final long[] firstRows;
  private final Map<String, Integer> places = new HashMap<>();

  private DocumentTable(List<String> ids, long[] firstRows) {
    this.ids = List.copyOf(ids);
    this.firstRows = firstRows;
    for (int i = 0; i < ids.size(); i++) {
      places.put(ids.get(i), i);
    }
  }

  static String json(List<String> ids, int[] lengths) {
    ObjectNode root = JsonMapper.shared().createObjectNode();
    ArrayNode names = root.putArray("ids");
    ids.forEach(names::add);
    ArrayNode rows = root.putArray("rows");
    for (int length : lengths) {
      rows.add(length);
    }
    return JsonMapper.shared().writeValueAsString(root) + "\n";
  }

  static DocumentTable read(Path folder, StoreIndex index) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new StoreException(file, "there is no such file, which a store has");
    }
    List<String> ids = new ArrayList<>();
    long[] first = new long[index.documents() + 1];
    try {
      JsonNode root = JsonMapper.shared().readTree(Files.readString(file));
      root.path("ids").forEach(id -> ids.add(id.asString()));
      JsonNode rows = root.path("rows");
      for (int i = 0; i < index.documents(); i++) {
        first[i + 1] = first[i] + rows.path(i).asInt();
      }
    } catch (JacksonException e) {
      throw new StoreException(file, "damaged: " + e.getOriginalMessage(), e);
    }
    if (ids.size() != index.documents() || first[ids.size()] != index.rows()) {
      throw new StoreException(
          file,
          "names %d documents with %d rows; the index has %d with %d"
              .formatted(ids.size(), first[index.documents()], index.documents(), index.rows()));
    }
    return new DocumentTable(ids, first);
  }

  List<String> ids() {
    return ids;
  }

  int place(String id) {
    Integer place = places.get(id);
    if (place == null) {
      throw new IllegalArgumentException(
          "The store has no document '%s'; its %d are %s%s"
              .formatted(
                  id,
                  ids.size(),
                  ids.subList(0, Math.min(5, ids.size())),
                  ids.size() > 5 ? ", ..." : ""));
    }
    return place;
  }

  long firstRow(int document) {
    return firstRows[document];
  }
}
