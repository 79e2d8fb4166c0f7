package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the files beside a vocabulary say about special tokens. In {@code tokenizer_config.json} and
 * {@code special_tokens_map.json} a token is a text or an object with a {@code content}; in {@code
 * config.json} it is an id, or a list of ids of which the first counts.
 */
record SpecialTokens(ObjectNode tokenizerConfig, ObjectNode specialTokensMap, ObjectNode config) {
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";

  static SpecialTokens read(Path folder) throws IOException {
    return new SpecialTokens(
        JsonFile.readIfThere(folder.resolve(TOKENIZER_CONFIG)),
        JsonFile.readIfThere(folder.resolve(SPECIAL_TOKENS_MAP)),
        JsonFile.readIfThere(folder.resolve("config.json")));
  }

  /**
   * Returns the id of a special token: the first of the three files that says something counts, and
   * saying null means that there is none.
   *
   * @param role {@code bos}, {@code eos} or {@code pad}
   */
  OptionalLong id(String role, Vocabulary vocabulary) {
    for (ObjectNode source : List.of(tokenizerConfig, specialTokensMap)) {
      JsonNode token = source.path(role + "_token");
      if (token.isNull()) {
        return OptionalLong.empty();
      }
      OptionalLong id = vocabulary.idOf(content(token));
      if (id.isPresent()) {
        return id;
      }
    }
    JsonNode id = configId(role);
    return id.isIntegralNumber() && vocabulary.has(id.longValue())
        ? OptionalLong.of(id.longValue())
        : OptionalLong.empty();
  }

  /** Returns the id that {@code config.json} gives; a missing or null node if it gives none. */
  JsonNode configId(String role) {
    JsonNode id = config.path(role + "_token_id");
    return id.isArray() ? id.path(0) : id;
  }

  /** Returns the text of a token; empty if the node is none. */
  static String content(JsonNode token) {
    return token.isObject() ? token.path("content").asString("") : token.asString("");
  }
}
