package io.loupe.workbench.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files that an index of weights names. */
final class ShardIndex {
  private static final JsonMapper JSON = JsonMapper.shared();

  private ShardIndex() {}

  /**
   * Returns their names, each once.
   *
   * @throws HubException if it is no index, or names a file that could lie outside of its folder
   */
  static Set<String> shards(Path index, Subject subject) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (JacksonException e) {
      throw subject.refused("it is no index of weights: it is no JSON", e);
    }
    Set<String> shards = new LinkedHashSet<>();
    for (JsonNode value : map) {
      String name = value.asString("");
      if (!RepoFolder.isFileName(name)) {
        throw subject.refused(
            "it names the file '%s', which could lie outside of its folder".formatted(name));
      }
      shards.add(name);
    }
    if (shards.isEmpty()) {
      throw subject.refused("it is no index of weights: it names no files in 'weight_map'");
    }
    return shards;
  }
}
