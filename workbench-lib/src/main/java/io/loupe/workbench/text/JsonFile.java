package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads a file that must hold one JSON object. */
final class JsonFile {
  static final JsonMapper JSON = JsonMapper.shared();

  private JsonFile() {}

  static ObjectNode read(Path file) throws IOException {
    try {
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (root instanceof ObjectNode object) {
        return object;
      }
      throw new TokenizerException(file, "expected a JSON object");
    } catch (JacksonException e) {
      throw new TokenizerException(file, "it is no valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Returns an object without entries if there is no such file. */
  static ObjectNode readIfThere(Path file) throws IOException {
    return Files.exists(file) ? read(file) : JSON.createObjectNode();
  }
}
