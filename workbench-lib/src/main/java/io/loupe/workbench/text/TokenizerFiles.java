package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The files of a folder that make its tokenizer, read.
 *
 * @param main the file to name when something is wrong with the tokenizer
 * @param json the content of {@code tokenizer.json}, or what it would be
 * @param special what the files beside it say
 * @param all the files that say how texts are encoded, in a fixed order: config.json too where the
 *     tokenizer's class follows from it
 */
record TokenizerFiles(Path main, ObjectNode json, SpecialTokens special, List<Path> all) {
  private static final String TOKENIZER = "tokenizer.json";

  /** Names the files that we can read, for messages. */
  static final String EXPECTED =
      TOKENIZER
          + ", or "
          + BpeFiles.VOCAB
          + " and "
          + BpeFiles.MERGES
          + ", or "
          + WordPieceFile.VOCAB;

  /** Empty if the folder has no file of a tokenizer. */
  static Optional<TokenizerFiles> find(Path folder) throws IOException {
    SpecialTokens special = SpecialTokens.read(folder);
    if (has(folder, TOKENIZER)) {
      ObjectNode json = JsonFile.read(folder.resolve(TOKENIZER));
      return Optional.of(of(folder, json, special, TOKENIZER));
    }
    boolean words = has(folder, WordPieceFile.VOCAB);
    boolean bert = special.kind().filter(TokenizerClass.BERT::equals).isPresent();
    if ((has(folder, BpeFiles.VOCAB) || has(folder, BpeFiles.MERGES)) && !(words && bert)) {
      SpecialTokens ours = special.assuming(TokenizerClass.GPT2);
      ObjectNode json = BpeFiles.read(folder, ours);
      return Optional.of(
          of(
              folder,
              json,
              ours,
              BpeFiles.VOCAB,
              BpeFiles.MERGES,
              AddedTokens.FILE,
              SpecialTokens.CONFIG));
    }
    if (words) {
      SpecialTokens ours = special.assuming(TokenizerClass.BERT);
      ObjectNode json = WordPieceFile.read(folder, ours);
      return Optional.of(
          of(folder, json, ours, WordPieceFile.VOCAB, AddedTokens.FILE, SpecialTokens.CONFIG));
    }
    refuseOthers(folder);
    return Optional.empty();
  }

  private static TokenizerFiles of(
      Path folder, ObjectNode json, SpecialTokens special, String... own) {
    Stream<String> beside =
        Stream.of(SpecialTokens.TOKENIZER_CONFIG, SpecialTokens.SPECIAL_TOKENS_MAP);
    List<Path> all =
        Stream.concat(Stream.of(own), beside).map(folder::resolve).filter(Files::exists).toList();
    return new TokenizerFiles(folder.resolve(own[0]), json, special, all);
  }

  /** A model with a tokenizer that we cannot read must not look like one without. */
  private static void refuseOthers(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.sorted().toList();
    }
    for (Path file : files) {
      String kind = kind(String.valueOf(file.getFileName()));
      if (!kind.isEmpty()) {
        throw new TokenizerException(
            file,
            "%s alone cannot be read; %s, or take it out of the folder to load the model without a tokenizer"
                .formatted(kind, TokenizerException.SAVE_WHOLE));
      }
    }
    if (has(folder, SpecialTokens.TOKENIZER_CONFIG)) {
      throw new TokenizerException(
          folder.resolve(SpecialTokens.TOKENIZER_CONFIG),
          "it describes a tokenizer, but the folder has no vocabulary: expected " + EXPECTED);
    }
  }

  private static String kind(String name) {
    if (name.startsWith("tokenizer.model") || name.endsWith(".model")) {
      return "a SentencePiece vocabulary";
    }
    if (name.endsWith(".tiktoken") || name.equals("tekken.json")) {
      return "a tiktoken vocabulary";
    }
    return "";
  }

  private static boolean has(Path folder, String name) {
    return Files.exists(folder.resolve(name));
  }
}
