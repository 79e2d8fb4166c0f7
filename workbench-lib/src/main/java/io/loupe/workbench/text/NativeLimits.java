package io.loupe.workbench.text;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Refuses what the native tokenizer library would not survive. It is built without unwinding: where
 * it panics, the whole JVM ends. It panics on JSON that its own parser refuses inside of a decoder
 * (too deep, numbers beyond a double, halves of surrogate pairs), on merges shorter than the prefix
 * it cuts off them, on templates with tokens they do not define, on damaged character maps, and on
 * patterns that are empty.
 */
record NativeLimits(Path file) {
  /** The library's parser gives up at 128. */
  private static final int DEEPEST = 100;

  static void check(Path file, ObjectNode json) throws TokenizerException {
    NativeLimits limits = new NativeLimits(file);
    limits.checkParseable(json, 1);
    limits.checkMerges(json.path("model"));
    limits.checkTemplates(json.path("post_processor"));
    limits.checkNormalizers(json.path("normalizer"));
  }

  private void checkParseable(JsonNode node, int depth) throws TokenizerException {
    if (depth > DEEPEST) {
      throw new TokenizerException(file, "its JSON is nested more than " + DEEPEST + " deep");
    }
    if (node.isNumber() && !Double.isFinite(node.asDouble(Double.NaN))) {
      throw new TokenizerException(file, "it has a number beyond the range of a double");
    }
    if (node.isString()) {
      checkText(node.stringValue());
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      checkText(entry.getKey());
      checkParseable(entry.getValue(), depth + 1);
    }
    if (node.isArray()) {
      for (JsonNode element : node) {
        checkParseable(element, depth + 1);
      }
    }
  }

  private void checkText(String text) throws TokenizerException {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new TokenizerException(file, "it has a text with half of a surrogate pair");
    }
  }

  private void checkMerges(JsonNode model) throws TokenizerException {
    String prefix = model.path("continuing_subword_prefix").asString("");
    int cut = prefix.getBytes(StandardCharsets.UTF_8).length;
    if (cut == 0) {
      return;
    }
    for (JsonNode merge : model.path("merges")) {
      String second =
          merge.isArray()
              ? merge.path(1).asString("")
              : merge.asString("").substring(merge.asString("").indexOf(' ') + 1);
      // the library cuts off as many bytes, whatever they are
      byte[] bytes = second.getBytes(StandardCharsets.UTF_8);
      if (bytes.length < cut || bytes.length > cut && (bytes[cut] & 0xc0) == 0x80) {
        throw new TokenizerException(
            file,
            "merge %s: the second token is too short for the prefix '%s'".formatted(merge, prefix));
      }
    }
  }

  /** A template may stand alone or in a sequence of post-processors. */
  private void checkTemplates(JsonNode node) throws TokenizerException {
    for (String form : List.of("single", "pair")) {
      for (JsonNode piece : node.path(form)) {
        JsonNode token = piece.path("SpecialToken").path("id");
        JsonNode defined = node.path("special_tokens").path(token.asString(""));
        if (token.isString() && defined.path("ids").size() != defined.path("tokens").size()
            || token.isString() && !defined.isObject()) {
          throw new TokenizerException(
              file,
              "its template has the special token %s, which it does not define".formatted(token));
        }
      }
    }
    for (JsonNode child : node) {
      checkTemplates(child);
    }
  }

  private void checkNormalizers(JsonNode node) throws TokenizerException {
    boolean isMap =
        node.has("precompiled_charsmap") || node.path("type").asString("").equals("Precompiled");
    if (isMap && !CharacterMap.isSound(node.path("precompiled_charsmap").asString(""))) {
      throw new TokenizerException(file, "the precompiled_charsmap of its normalizer is damaged");
    }
    for (JsonNode pattern : node.path("pattern")) {
      if (pattern.asString("").isEmpty()) {
        throw new TokenizerException(file, "its normalizer replaces the empty text");
      }
    }
    for (JsonNode child : node) {
      checkNormalizers(child);
    }
  }
}
