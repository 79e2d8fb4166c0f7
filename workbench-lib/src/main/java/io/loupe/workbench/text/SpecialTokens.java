package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the files beside a vocabulary say about its class and special tokens. In {@code
 * tokenizer_config.json} and {@code special_tokens_map.json} a token is a text or an object with a
 * {@code content}; in {@code config.json} it is an id, or a list of ids of which the first counts.
 * A role is one of {@link TokenizerClass#ROLES}.
 *
 * @param kind the tokenizer's class, if it is one whose vocabulary files we know
 */
record SpecialTokens(
    Path folder,
    ObjectNode tokenizerConfig,
    ObjectNode specialTokensMap,
    ObjectNode config,
    Optional<TokenizerClass> kind) {
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  static final String CONFIG = "config.json";

  static SpecialTokens read(Path folder) throws IOException {
    ObjectNode tokenizerConfig = JsonFile.readIfThere(folder.resolve(TOKENIZER_CONFIG));
    ObjectNode config = JsonFile.readIfThere(folder.resolve(CONFIG));
    return new SpecialTokens(
        folder,
        tokenizerConfig,
        JsonFile.readIfThere(folder.resolve(SPECIAL_TOKENS_MAP)),
        config,
        TokenizerClass.of(tokenizerConfig, config));
  }

  /** Returns the same with a class, unless the files name one. */
  SpecialTokens assuming(TokenizerClass assumed) {
    return TokenizerClass.isNamed(tokenizerConfig, config)
        ? this
        : new SpecialTokens(
            folder, tokenizerConfig, specialTokensMap, config, Optional.of(assumed));
  }

  /** Makes the error for a tokenizer of this class when it cannot be read from some files. */
  TokenizerException refused(String files) {
    return refused(TokenizerClass.describe(tokenizerConfig, config), files);
  }

  /** Makes the error for a tokenizer that cannot be read from some files. */
  TokenizerException refused(String what, String files) {
    return new TokenizerException(
        folder, what + " cannot be made from " + files + "; " + TokenizerException.SAVE_WHOLE);
  }

  /**
   * Returns the id of a special token: the first of the three files that says something counts, and
   * saying null means that there is none. If none does, it is the one its class has.
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
        : vocabulary.idOf(text(role));
  }

  /** Returns the text of a special token, by name or by its class; empty if there is none. */
  String text(String role) {
    for (ObjectNode source : List.of(tokenizerConfig, specialTokensMap)) {
      JsonNode token = source.path(role + "_token");
      if (!token.isMissingNode()) {
        return content(token);
      }
    }
    return kind.map(known -> known.defaultToken(role)).orElse("");
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
