package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts a {@code tokenizer.json} together from the {@code vocab.json} and {@code merges.txt} of a
 * byte-level BPE, as Hugging Face's converters do: GPT-2's, OPT's, RoBERTa's and Qwen2's differ in
 * how a text is split and in what is put around it.
 */
final class BpeFiles {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";

  /** How Qwen2 splits a text; as GPT-4 does, but each digit is a word. */
  private static final String QWEN2_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private final Path folder;
  private final SpecialTokens special;
  private final TokenizerClass kind;
  private final ObjectNode vocab;
  private final AddedTokens added;

  private BpeFiles(Path folder, SpecialTokens special, TokenizerClass kind, ObjectNode vocab)
      throws IOException {
    this.folder = folder;
    this.special = special;
    this.kind = kind;
    this.vocab = vocab;
    added = AddedTokens.read(folder, special, vocab);
  }

  static ObjectNode read(Path folder, SpecialTokens special) throws IOException {
    for (String name : List.of(VOCAB, MERGES)) {
      if (!Files.exists(folder.resolve(name))) {
        throw new TokenizerException(
            folder.resolve(name),
            "there is no such file; a byte-level BPE needs both " + VOCAB + " and " + MERGES);
      }
    }
    TokenizerClass kind =
        special
            .kind()
            .filter(known -> known != TokenizerClass.BERT)
            .orElseThrow(() -> special.refused(VOCAB + " and " + MERGES));
    ObjectNode vocab = JsonFile.read(folder.resolve(VOCAB));
    return new BpeFiles(folder, special, kind, vocab).tokenizer();
  }

  private ObjectNode tokenizer() throws IOException {
    checkBytes();
    ObjectNode root = JsonFile.JSON.createObjectNode();
    root.put("version", "1.0");
    root.putArray("added_tokens").addAll(added.json());
    boolean prefixSpace = special.tokenizerConfig().path("add_prefix_space").asBoolean(false);
    if (kind == TokenizerClass.QWEN2) {
      requireEnd();
      root.putObject("normalizer").put("type", "NFC");
      root.set("pre_tokenizer", qwen2Words(prefixSpace));
    } else {
      root.set("pre_tokenizer", byteLevel(prefixSpace));
    }
    root.set("post_processor", postProcessor(prefixSpace));
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

  /**
   * Qwen2's special tokens are not in its vocab.json: without the files beside it they are lost.
   */
  private void requireEnd() throws TokenizerException {
    String end = special.text("eos");
    if (!end.isEmpty() && added.idOf(end).isEmpty()) {
      throw new TokenizerException(
          folder,
          "the end of text '%s' is in none of %s, %s and %s; copy the missing one from the model's source"
              .formatted(end, VOCAB, SpecialTokens.TOKENIZER_CONFIG, AddedTokens.FILE));
    }
  }

  private ArrayNode merges() throws IOException {
    Path file = folder.resolve(MERGES);
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

  private static ObjectNode byteLevel(boolean prefixSpace) {
    return JsonFile.JSON
        .createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", prefixSpace)
        .put("trim_offsets", false)
        .put("use_regex", true);
  }

  private static ObjectNode qwen2Words(boolean prefixSpace) {
    ObjectNode sequence = JsonFile.JSON.createObjectNode().put("type", "Sequence");
    ArrayNode steps = sequence.putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", QWEN2_WORDS);
    split.put("behavior", "Isolated").put("invert", false);
    steps.add(byteLevel(prefixSpace).put("use_regex", false));
    return sequence;
  }

  private ObjectNode postProcessor(boolean prefixSpace) throws TokenizerException {
    if (kind == TokenizerClass.ROBERTA) {
      ObjectNode root = JsonFile.JSON.createObjectNode().put("type", "RobertaProcessing");
      for (String role : List.of("sep", "cls")) {
        root.putArray(role).add(special.text(role)).add(requireId(role, "RoBERTa needs it"));
      }
      return root.put("trim_offsets", false).put("add_prefix_space", prefixSpace);
    }
    boolean opt = kind == TokenizerClass.OPT;
    if (kind == TokenizerClass.QWEN2
        || !special.tokenizerConfig().path("add_bos_token").asBoolean(opt)) {
      return byteLevel(false);
    }
    String why = opt ? "OPT begins texts with it" : "add_bos_token is true";
    return new Template()
        .token(special.text("bos"), requireId("bos", why), 0)
        .text("A", 0)
        .pair()
        .text("B", 1)
        .json();
  }

  private int requireId(String role, String why) throws TokenizerException {
    OptionalInt id = added.idOf(special.text(role));
    if (id.isEmpty()) {
      throw new TokenizerException(
          folder.resolve(SpecialTokens.TOKENIZER_CONFIG),
          "%s_token '%s' is not in %s; %s".formatted(role, special.text(role), VOCAB, why));
    }
    return id.getAsInt();
  }
}
