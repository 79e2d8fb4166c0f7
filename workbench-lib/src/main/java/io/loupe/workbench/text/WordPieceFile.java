package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts a {@code tokenizer.json} together from BERT's {@code vocab.txt}, as Hugging Face's converter
 * does for its BERT tokenizers. What {@code tokenizer_config.json} does not say is as in
 * BertTokenizer: lower case, accents stripped with it, Chinese characters set apart.
 */
final class WordPieceFile {
  static final String VOCAB = "vocab.txt";

  private final Path folder;
  private final SpecialTokens special;
  private final ObjectNode vocab;
  private final AddedTokens added;

  private WordPieceFile(Path folder, SpecialTokens special) throws IOException {
    this.folder = folder;
    this.special = special;
    vocab = vocab(folder.resolve(VOCAB));
    added = AddedTokens.read(folder, special, vocab);
  }

  static ObjectNode read(Path folder, SpecialTokens special) throws IOException {
    if (special.kind().filter(TokenizerClass.BERT::equals).isEmpty()) {
      throw special.refused(VOCAB);
    }
    return new WordPieceFile(folder, special).tokenizer();
  }

  /** A token a line, its id the line's number from 0; of a token on two lines the last counts. */
  private static ObjectNode vocab(Path file) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new TokenizerException(file, "it is no UTF-8 text", e);
    }
    ObjectNode vocab = JsonFile.JSON.createObjectNode();
    for (int id = 0; id < lines.size(); id++) {
      vocab.put(lines.get(id), id);
    }
    return vocab;
  }

  private ObjectNode tokenizer() throws IOException {
    if (!flag("do_basic_tokenize", true)) {
      throw special.refused("a tokenizer with do_basic_tokenize false", VOCAB);
    }
    int cls = requireId("cls");
    int sep = requireId("sep");
    requireId("unk");
    ObjectNode root = JsonFile.JSON.createObjectNode();
    root.put("version", "1.0");
    root.putArray("added_tokens").addAll(added.json());
    root.set("normalizer", normalizer());
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    root.set(
        "post_processor",
        new Template()
            .token(special.text("cls"), cls, 0)
            .text("A", 0)
            .token(special.text("sep"), sep, 0)
            .pair()
            .text("B", 1)
            .token(special.text("sep"), sep, 1)
            .json());
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", false);
    root.putObject("model")
        .put("type", "WordPiece")
        .put("unk_token", special.text("unk"))
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", 100)
        .set("vocab", vocab);
    return root;
  }

  private ObjectNode normalizer() throws TokenizerException {
    ObjectNode normalizer = JsonFile.JSON.createObjectNode().put("type", "BertNormalizer");
    boolean lowerCase = flag("do_lower_case", true);
    return normalizer
        .put("clean_text", true)
        .put("handle_chinese_chars", flag("tokenize_chinese_chars", true))
        .put("strip_accents", flag("strip_accents", lowerCase))
        .put("lowercase", lowerCase);
  }

  private boolean flag(String name, boolean byDefault) throws TokenizerException {
    JsonNode value = special.tokenizerConfig().path(name);
    if (value.isMissingNode() || value.isNull()) {
      return byDefault;
    }
    if (!value.isBoolean()) {
      throw new TokenizerException(
          folder.resolve(SpecialTokens.TOKENIZER_CONFIG),
          "expected true or false for " + name + ", got " + value);
    }
    return value.booleanValue();
  }

  private int requireId(String role) throws TokenizerException {
    OptionalInt id = added.idOf(special.text(role));
    if (id.isEmpty()) {
      throw new TokenizerException(
          folder.resolve(VOCAB),
          "expected a line with the %s_token '%s'; if it has another name, say so in %s"
              .formatted(role, special.text(role), SpecialTokens.TOKENIZER_CONFIG));
    }
    return id.getAsInt();
  }
}
