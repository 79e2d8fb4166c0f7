package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts a {@code tokenizer.json} together from GPT-2's {@code vocab.json} and {@code merges.txt}, as
 * Hugging Face's converter does for its GPT-2 tokenizer.
 */
final class Gpt2Files {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";
  static final String ADDED_TOKENS = "added_tokens.json";

  /**
   * Classes that split text as GPT-2 does; others that have the same two files split differently.
   */
  private static final Set<String> CLASSES =
      Set.of(
          "GPT2Tokenizer",
          "GPT2TokenizerFast",
          "CodeGenTokenizer",
          "CodeGenTokenizerFast",
          "PreTrainedTokenizerFast");

  private static final List<String> ROLES =
      List.of("bos", "eos", "unk", "pad", "sep", "cls", "mask");

  private final Path folder;
  private final SpecialTokens special;
  private final ObjectNode vocab;

  private Gpt2Files(Path folder, SpecialTokens special, ObjectNode vocab) {
    this.folder = folder;
    this.special = special;
    this.vocab = vocab;
  }

  static ObjectNode read(Path folder, SpecialTokens special) throws IOException {
    String kind = special.tokenizerConfig().path("tokenizer_class").asString("GPT2Tokenizer");
    if (!CLASSES.contains(kind)) {
      throw new TokenizerException(
          folder.resolve(SpecialTokens.TOKENIZER_CONFIG),
          "a "
              + kind
              + " cannot be made from "
              + VOCAB
              + " and "
              + MERGES
              + "; save it as a tokenizer.json (in Python: fast_tokenizer.save_pretrained(folder))");
    }
    return new Gpt2Files(folder, special, JsonFile.read(folder.resolve(VOCAB))).tokenizer();
  }

  private ObjectNode tokenizer() throws IOException {
    checkBytes();
    ObjectNode root = JsonFile.JSON.createObjectNode();
    root.put("version", "1.0");
    root.putArray("added_tokens").addAll(addedTokens().values());
    boolean prefixSpace = special.tokenizerConfig().path("add_prefix_space").asBoolean(false);
    root.set("pre_tokenizer", byteLevel(prefixSpace));
    root.set("post_processor", postProcessor());
    root.set("decoder", byteLevel(true));
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.set("vocab", vocab);
    model.set("merges", merges());
    return root;
  }

  /** Without an entry for a byte, texts with that byte would lose it silently. */
  private void checkBytes() throws TokenizerException {
    for (int b = 0; b < 256; b++) {
      if (!vocab.has(String.valueOf(ByteAlphabet.character(b)))) {
        throw new TokenizerException(
            folder.resolve(VOCAB),
            "expected byte-level BPE, as GPT-2 has it, but there is no token for byte 0x"
                + Integer.toHexString(b));
      }
    }
  }

  private ArrayNode merges() throws IOException {
    Path file = folder.resolve(MERGES);
    if (!Files.exists(file)) {
      throw new TokenizerException(file, "there is no such file; " + VOCAB + " needs it beside it");
    }
    ArrayNode merges = JsonFile.JSON.createArrayNode();
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new TokenizerException(file, "it is no UTF-8 text", e);
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty() || i == 0 && line.startsWith("#version")) {
        continue;
      }
      if (line.split(" ", -1).length != 2) {
        throw new TokenizerException(
            file, "line " + (i + 1) + ": expected two tokens, got '" + line + "'");
      }
      merges.add(line);
    }
    return merges;
  }

  /** Collects the tokens that are cut out of a text before it is split, by id. */
  private Map<Integer, ObjectNode> addedTokens() throws IOException {
    Map<Integer, ObjectNode> added = new TreeMap<>();
    JsonFile.readIfThere(folder.resolve(ADDED_TOKENS))
        .properties()
        .forEach(entry -> add(added, entry.getValue().asInt(-1), entry.getKey(), false));
    for (Map.Entry<String, JsonNode> entry :
        special.tokenizerConfig().path("added_tokens_decoder").properties()) {
      boolean isSpecial = entry.getValue().path("special").asBoolean(false);
      add(added, id(entry.getKey()), SpecialTokens.content(entry.getValue()), isSpecial);
    }
    for (ObjectNode source : List.of(special.tokenizerConfig(), special.specialTokensMap())) {
      ROLES.forEach(role -> addKnown(added, source.path(role + "_token")));
      source.path("additional_special_tokens").forEach(token -> addKnown(added, token));
    }
    ROLES.forEach(role -> addById(added, special.configId(role)));
    return added;
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

  private void addKnown(Map<Integer, ObjectNode> added, JsonNode token) {
    String content = SpecialTokens.content(token);
    JsonNode id = vocab.path(content);
    if (id.isIntegralNumber()) {
      add(added, id.intValue(), content, true);
    }
  }

  private void addById(Map<Integer, ObjectNode> added, JsonNode id) {
    vocab.properties().stream()
        .filter(entry -> id.isIntegralNumber() && entry.getValue().equals(id))
        .findFirst()
        .ifPresent(entry -> add(added, id.intValue(), entry.getKey(), true));
  }

  private static void add(
      Map<Integer, ObjectNode> added, int id, String content, boolean isSpecial) {
    ObjectNode token = added.computeIfAbsent(id, key -> JsonFile.JSON.createObjectNode());
    token
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", isSpecial || token.path("special").asBoolean(false));
  }

  private static ObjectNode byteLevel(boolean prefixSpace) {
    return JsonFile.JSON
        .createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", prefixSpace)
        .put("trim_offsets", false)
        .put("use_regex", true);
  }

  /** Puts the token that begins a text before it, if {@code add_bos_token} asks for that. */
  private JsonNode postProcessor() throws TokenizerException {
    if (!special.tokenizerConfig().path("add_bos_token").asBoolean(false)) {
      return byteLevel(false);
    }
    JsonNode token = special.tokenizerConfig().path("bos_token");
    String bos =
        SpecialTokens.content(
            token.isMissingNode() ? special.specialTokensMap().path("bos_token") : token);
    JsonNode id = vocab.path(bos);
    if (!id.isIntegralNumber()) {
      throw new TokenizerException(
          folder.resolve(SpecialTokens.TOKENIZER_CONFIG),
          "add_bos_token is true, but bos_token '" + bos + "' is not in " + VOCAB);
    }
    ObjectNode root = JsonFile.JSON.createObjectNode().put("type", "TemplateProcessing");
    for (String form : List.of("single", "pair")) {
      ArrayNode pieces = root.putArray(form);
      pieces.addObject().putObject("SpecialToken").put("id", bos).put("type_id", 0);
      pieces.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
      if (form.equals("pair")) {
        pieces.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
      }
    }
    ObjectNode entry = root.putObject("special_tokens").putObject(bos);
    entry.put("id", bos);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(bos);
    return root;
  }
}
