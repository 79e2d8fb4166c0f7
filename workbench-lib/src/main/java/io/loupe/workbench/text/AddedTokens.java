package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tokens that are cut out of a text before it is split, collected from the files beside a
 * vocabulary: those added to it, and the special ones.
 */
final class AddedTokens {
  static final String FILE = "added_tokens.json";

  private static final List<String> FLAGS =
      List.of("single_word", "lstrip", "rstrip", "normalized");

  private final Path folder;
  private final SpecialTokens special;
  private final ObjectNode vocab;
  private final Map<Integer, ObjectNode> tokens = new TreeMap<>();

  private AddedTokens(Path folder, SpecialTokens special, ObjectNode vocab) {
    this.folder = folder;
    this.special = special;
    this.vocab = vocab;
  }

  /**
   * Reads them.
   *
   * @param vocab ids by token
   */
  static AddedTokens read(Path folder, SpecialTokens special, ObjectNode vocab) throws IOException {
    AddedTokens added = new AddedTokens(folder, special, vocab);
    added.collect();
    return added;
  }

  private void collect() throws IOException {
    for (Map.Entry<String, JsonNode> entry :
        special.tokenizerConfig().path("added_tokens_decoder").properties()) {
      JsonNode token = entry.getValue();
      boolean isSpecial = token.path("special").asBoolean(false);
      add(id(entry.getKey()), SpecialTokens.content(token), token, isSpecial);
    }
    Path file = folder.resolve(FILE);
    for (Map.Entry<String, JsonNode> entry : JsonFile.readIfThere(file).properties()) {
      if (!isId(entry.getValue())) {
        throw new TokenizerException(
            file, "expected the id of '" + entry.getKey() + "', got " + entry.getValue());
      }
      add(entry.getValue().intValue(), entry.getKey(), entry.getValue(), false);
    }
    for (ObjectNode source : List.of(special.tokenizerConfig(), special.specialTokensMap())) {
      for (String role : TokenizerClass.ROLES) {
        addSpecial(source.path(role + "_token"), role);
      }
      for (String list : List.of("additional_special_tokens", "extra_special_tokens")) {
        for (JsonNode token : source.path(list)) {
          addSpecial(token, "");
        }
      }
    }
    for (String role : TokenizerClass.ROLES) {
      addSpecial(JsonFile.JSON.getNodeFactory().stringNode(special.text(role)), role);
      addById(special.configId(role));
    }
  }

  private int id(String text) throws TokenizerException {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new TokenizerException(
          folder.resolve(SpecialTokens.TOKENIZER_CONFIG),
          "expected token ids in added_tokens_decoder, got '" + text + "'",
          e);
    }
  }

  private static boolean isId(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToInt();
  }

  private void addSpecial(JsonNode token, String role) throws TokenizerException {
    String content = SpecialTokens.content(token);
    OptionalInt id = idOf(content);
    if (id.isPresent()) {
      add(id.getAsInt(), content, token, true);
      // as in Hugging Face's classes, a mask that is named by its text alone takes the space before
      if (role.equals("mask")
          && special.kind().filter(TokenizerClass.ROBERTA::equals).isPresent()) {
        setIfNew(id.getAsInt(), "lstrip", true);
      }
    }
  }

  private void addById(JsonNode id) throws TokenizerException {
    if (isId(id)) {
      for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
        if (entry.getValue().equals(id)) {
          add(id.intValue(), entry.getKey(), id, true);
        }
      }
    }
  }

  /** Adds a token; of its flags, those that an earlier source has set stay. */
  private void add(int id, String content, JsonNode flags, boolean isSpecial)
      throws TokenizerException {
    ObjectNode token =
        tokens.computeIfAbsent(
            id, key -> JsonFile.JSON.createObjectNode().put("id", id).put("content", content));
    if (!token.path("content").asString("").equals(content)) {
      throw new TokenizerException(
          folder,
          "added tokens '%s' and '%s' both have the id %d"
              .formatted(token.path("content").asString(""), content, id));
    }
    for (String flag : FLAGS) {
      if (flags.path(flag).isBoolean()) {
        setIfNew(id, flag, flags.path(flag).booleanValue());
      }
    }
    token.put("special", isSpecial || token.path("special").asBoolean(false));
  }

  private void setIfNew(int id, String flag, boolean value) {
    ObjectNode token = tokens.get(id);
    if (token != null && !token.has(flag)) {
      token.put(flag, value);
    }
  }

  /** Returns the id of a token of the vocabulary, or of an added one. */
  OptionalInt idOf(String content) {
    JsonNode id = vocab.path(content);
    if (isId(id)) {
      return OptionalInt.of(id.intValue());
    }
    return tokens.entrySet().stream()
        .filter(entry -> entry.getValue().path("content").asString("").equals(content))
        .mapToInt(Map.Entry::getKey)
        .findFirst();
  }

  /** Returns the tokens by id, in the form of {@code tokenizer.json}. */
  List<ObjectNode> json() {
    for (ObjectNode token : tokens.values()) {
      for (String flag : FLAGS) {
        token.put(flag, token.path(flag).asBoolean(false));
      }
    }
    return new ArrayList<>(tokens.values());
  }
}
