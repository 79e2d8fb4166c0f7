package io.loupe.workbench.text;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Refuses what the native tokenizer library would not survive. It is built without unwinding: where
 * it panics, the whole JVM ends. It panics on JSON that its own parser refuses inside of a decoder
 * (too deep, numbers beyond a double, halves of surrogate pairs), and on merges shorter than the
 * prefix it cuts off them.
 */
record NativeLimits(Path file) {
  /** The library's parser gives up at 128. */
  private static final int DEEPEST = 100;

  static void check(Path file, ObjectNode json) throws TokenizerException {
    NativeLimits limits = new NativeLimits(file);
    limits.checkParseable(json, 1);
    limits.checkMerges(json.path("model"));
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
    int cut = prefix.codePointCount(0, prefix.length());
    if (cut == 0) {
      return;
    }
    for (JsonNode merge : model.path("merges")) {
      String second =
          merge.isArray()
              ? merge.path(1).asString("")
              : merge.asString("").substring(merge.asString("").indexOf(' ') + 1);
      // the library counts characters, and cuts bytes
      byte[] bytes = second.getBytes(StandardCharsets.UTF_8);
      if (bytes.length < cut || bytes.length > cut && (bytes[cut] & 0xc0) == 0x80) {
        throw new TokenizerException(
            file,
            "merge %s: the second token does not begin with the prefix '%s'"
                .formatted(merge, prefix));
      }
    }
  }
}
