package io.loupe.probes.store;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.nn.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must be known of all documents before the first is run.
 *
 * @param ids of the documents
 * @param lengths tokens of each document
 * @param rows tokens of all
 * @param labels the values of each kind of label, sorted; a label is stored as its place here
 * @param sha256 over ids, tokens and labels
 */
record Corpus(
    List<String> ids, int[] lengths, long rows, Map<String, List<String>> labels, String sha256) {

  /**
   * Looks at all documents; refuses what the model cannot run.
   *
   * @throws IllegalArgumentException naming the document
   */
  static Corpus of(List<Document> documents, ModelConfig config) {
    if (documents.isEmpty()) {
      throw new IllegalArgumentException("A store needs at least one document");
    }
    List<String> ids = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int[] lengths = new int[documents.size()];
    Map<String, Set<String>> values = new TreeMap<>();
    MessageDigest digest = Sha256.newDigest();
    long rows = 0;
    for (int i = 0; i < lengths.length; i++) {
      Document document = documents.get(i);
      check(document, config);
      if (!seen.add(document.id())) {
        throw new IllegalArgumentException(
            "Two documents are called '%s'; give each an id of its own".formatted(document.id()));
      }
      ids.add(document.id());
      lengths[i] = document.length();
      rows += lengths[i];
      document
          .labels()
          .forEach((name, each) -> values.computeIfAbsent(name, n -> new TreeSet<>()).addAll(each));
      update(digest, document);
    }
    Map<String, List<String>> labels = new TreeMap<>();
    values.forEach(
        (name, all) -> {
          all.remove("");
          labels.put(name, List.copyOf(all));
        });
    return new Corpus(ids, lengths, rows, labels, HexFormat.of().formatHex(digest.digest()));
  }

  private static void check(Document document, ModelConfig config) {
    if (document.length() > config.longestInput()) {
      throw new IllegalArgumentException(
          "Document '%s' has %d tokens, the model's context is %d; cut it: Document.pieces(id, tokens, %d)"
              .formatted(
                  document.id(), document.length(), config.longestInput(), config.longestInput()));
    }
    for (long token : document.tokens()) {
      if (token < 0 || token >= config.vocab()) {
        throw new IllegalArgumentException(
            "Document '%s' has the token %d; the vocabulary has 0 to %d"
                .formatted(document.id(), token, config.vocab() - 1));
      }
    }
  }

  private static void update(MessageDigest digest, Document document) {
    text(digest, document.id());
    ByteBuffer tokens = ByteBuffer.allocate(8 * document.length() + 8);
    tokens.putLong(document.length());
    for (long token : document.tokens()) {
      tokens.putLong(token);
    }
    digest.update(tokens.flip());
    new TreeMap<>(document.labels())
        .forEach(
            (name, each) -> {
              text(digest, name);
              each.forEach(label -> text(digest, label));
            });
  }

  /** With its length before it, so that no two lists of texts look alike. */
  private static void text(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
    digest.update(bytes);
  }
}
