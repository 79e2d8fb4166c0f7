package io.loupe.workbench.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.loupe.workbench.files.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Loads tokenizers in the form in which Hugging Face stores them. Nothing is downloaded. */
public final class HuggingFaceTokenizers {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false");

  static {
    // DJL reports each use of a tokenizer to its makers unless it is told to stay offline
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
  }

  private HuggingFaceTokenizers() {}

  /**
   * Loads {@code tokenizer.json}, or, if there is none, the {@code vocab.json} and {@code
   * merges.txt} of GPT-2, OPT, RoBERTa and Qwen2, or the {@code vocab.txt} of BERT. Which of them a
   * tokenizer is, {@code tokenizer_config.json}'s {@code tokenizer_class} or {@code config.json}'s
   * {@code model_type} says. Which special tokens begin, end and fill a text is read from {@code
   * tokenizer_config.json}, {@code special_tokens_map.json} or {@code config.json}, the first that
   * says it; if none does, they are those of its class.
   *
   * <p>Whatever the files say, texts are not cut or padded, decoding does not tidy up spaces, and a
   * token's span includes its leading space. Native memory is released when the tokenizer becomes
   * unreachable.
   *
   * @throws TokenizerException if the files are missing, damaged or of an unknown kind
   */
  public static Tokenizer load(Path folder) throws IOException {
    Optional<Tokenizer> tokenizer = find(folder);
    if (tokenizer.isEmpty()) {
      throw new TokenizerException(
          folder, "expected " + TokenizerFiles.EXPECTED + ", in this folder; they are not there");
    }
    return tokenizer.get();
  }

  /**
   * Loads a folder's tokenizer as {@link #load} does. Empty if there is no file of a tokenizer; one
   * that cannot be read is an error.
   *
   * @throws TokenizerException if the files are incomplete, damaged or of an unknown kind
   */
  public static Optional<Tokenizer> find(Path folder) throws IOException {
    Optional<TokenizerFiles> found = TokenizerFiles.find(folder);
    return found.isEmpty() ? Optional.empty() : Optional.of(tokenizer(found.get()));
  }

  private static Tokenizer tokenizer(TokenizerFiles files) throws IOException {
    ObjectNode json = files.json();
    Vocabulary vocabulary = Vocabulary.of(files.main(), json);
    neutralise(json);
    return new NativeTokenizer(
        create(files.main(), json),
        new TokenTexts(vocabulary, TokenTexts.Spelling.of(json)),
        files.special(),
        Sha256.ofAll(files.all()));
  }

  /** Takes out of the files what would make us read another text than the one that was given. */
  private static void neutralise(ObjectNode json) {
    setEverywhere(json.path("post_processor"), "trim_offsets");
    setEverywhere(json.path("decoder"), "cleanup");
  }

  private static void setEverywhere(JsonNode node, String flag) {
    if (node instanceof ObjectNode object && object.has(flag)) {
      object.put(flag, false);
    }
    node.forEach(child -> setEverywhere(child, flag));
  }

  private static HuggingFaceTokenizer create(Path source, ObjectNode json) throws IOException {
    NativeLimits.check(source, json);
    byte[] bytes = JsonFile.JSON.writeValueAsBytes(json);
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), OPTIONS);
    } catch (IllegalStateException e) {
      throw e; // the native library could not be loaded: the file is not to blame
    } catch (RuntimeException e) {
      throw new TokenizerException(source, "it is no tokenizer: " + e.getMessage(), e);
    }
  }
}
