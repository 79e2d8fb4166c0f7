package io.loupe.workbench.text;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes what special tokens stand around a text, or around a pair of texts, in the form of {@code
 * tokenizer.json}. What is named before {@link #pair} is in both.
 */
final class Template {
  private final ObjectNode root =
      JsonFile.JSON.createObjectNode().put("type", "TemplateProcessing");
  private final ArrayNode single = root.putArray("single");
  private final ArrayNode pair = root.putArray("pair");
  private final ObjectNode tokens = root.putObject("special_tokens");
  private boolean inPair;

  Template token(String content, int id, int segment) {
    add("SpecialToken", content, segment);
    ObjectNode entry = tokens.putObject(content).put("id", content);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(content);
    return this;
  }

  /**
   * Adds a text.
   *
   * @param name A for the first, B for the second of a pair
   */
  Template text(String name, int segment) {
    add("Sequence", name, segment);
    return this;
  }

  /** Makes all that follows part of the template for pairs alone. */
  Template pair() {
    inPair = true;
    return this;
  }

  private void add(String what, String id, int segment) {
    pair.addObject().putObject(what).put("id", id).put("type_id", segment);
    if (!inPair) {
      single.addObject().putObject(what).put("id", id).put("type_id", segment);
    }
  }

  ObjectNode json() {
    return root;
  }
}
