package io.loupe.workbench.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.loupe.workbench.files.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Loads tokenizers in the form in which Hugging Face stores them. Nothing is downloaded. */
public final class HuggingFaceTokenizers {
  private static final String TOKENIZER = "tokenizer.json";
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
   * Loads {@code tokenizer.json}, or, if there is none, GPT-2's {@code vocab.json} and {@code
   * merges.txt}. Which special tokens begin, end and fill a text is read from {@code
   * tokenizer_config.json}, {@code special_tokens_map.json} or {@code config.json}, the first that
   * says it.
   *
   * <p>Whatever the files say, texts are not cut or padded, decoding does not tidy up spaces, and a
   * token's span includes its leading space. Native memory is released when the tokenizer becomes
   * unreachable.
   *
   * @throws TokenizerException if the files are missing, damaged or of an unknown kind
   */
  public static Tokenizer load(Path folder) throws IOException {
    SpecialTokens special = SpecialTokens.read(folder);
    Path file = folder.resolve(TOKENIZER);
    boolean whole = Files.exists(file);
    if (!whole && !Files.exists(folder.resolve(Gpt2Files.VOCAB))) {
      throw new TokenizerException(
          folder,
          "expected "
              + TOKENIZER
              + ", or "
              + Gpt2Files.VOCAB
              + " and "
              + Gpt2Files.MERGES
              + ", in this folder; they are not there");
    }
    ObjectNode json = whole ? JsonFile.read(file) : Gpt2Files.read(folder, special);
    Path source = whole ? file : folder.resolve(Gpt2Files.VOCAB);
    Vocabulary vocabulary = Vocabulary.of(source, json);
    neutralise(json);
    return new NativeTokenizer(
        create(source, json),
        new TokenTexts(vocabulary, isByteLevel(json.path("decoder"))),
        special,
        Sha256.ofAll(files(folder, whole)));
  }

  private static List<Path> files(Path folder, boolean whole) {
    Stream<String> own =
        whole
            ? Stream.of(TOKENIZER)
            : Stream.of(Gpt2Files.VOCAB, Gpt2Files.MERGES, Gpt2Files.ADDED_TOKENS);
    Stream<String> beside =
        Stream.of(SpecialTokens.TOKENIZER_CONFIG, SpecialTokens.SPECIAL_TOKENS_MAP);
    return Stream.concat(own, beside).map(folder::resolve).filter(Files::exists).toList();
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

  private static boolean isByteLevel(JsonNode decoder) {
    return decoder.path("type").asString("").equals("ByteLevel")
        || decoder.path("decoders").valueStream().anyMatch(HuggingFaceTokenizers::isByteLevel);
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
