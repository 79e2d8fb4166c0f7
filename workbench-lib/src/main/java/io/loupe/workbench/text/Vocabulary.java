package io.loupe.workbench.text;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The tokens of a {@code tokenizer.json} by id, as they are written there. */
final class Vocabulary {
  /** Far above every vocabulary. */
  private static final int MAX_ID = 1 << 26;

  private final Map<String, Integer> idOf = new HashMap<>();
  private final NavigableMap<Integer, String> entries = new TreeMap<>();
  private final Set<Integer> added = new HashSet<>();

  private Vocabulary() {}

  /** Takes the model's vocabulary (a map, or a list of pairs with scores) and the added tokens. */
  static Vocabulary of(Path file, ObjectNode tokenizer) throws TokenizerException {
    Vocabulary vocabulary = new Vocabulary();
    JsonNode entries = tokenizer.path("model").path("vocab");
    if (entries.isObject()) {
      for (Map.Entry<String, JsonNode> entry : entries.properties()) {
        vocabulary.put(file, entry.getKey(), entry.getValue());
      }
    } else if (entries.isArray()) {
      for (int id = 0; id < entries.size(); id++) {
        vocabulary.put(file, entries.get(id).path(0).asString(""), id);
      }
    } else {
      throw new TokenizerException(file, "expected the vocabulary in model.vocab, found none");
    }
    for (JsonNode token : tokenizer.path("added_tokens")) {
      int id = vocabulary.put(file, token.path("content").asString(""), token.path("id"));
      vocabulary.added.add(id);
    }
    return vocabulary;
  }

  private int put(Path file, String entry, JsonNode id) throws TokenizerException {
    if (!id.canConvertToInt()
        || !id.isIntegralNumber()
        || id.intValue() < 0
        || id.intValue() > MAX_ID) {
      throw new TokenizerException(file, "token '" + entry + "' has the id " + id);
    }
    put(file, entry, id.intValue());
    return id.intValue();
  }

  private void put(Path file, String entry, int id) throws TokenizerException {
    String other = entries.putIfAbsent(id, entry);
    if (other != null && !other.equals(entry)) {
      throw new TokenizerException(
          file, "tokens '" + other + "' and '" + entry + "' both have the id " + id);
    }
    idOf.putIfAbsent(entry, id);
  }

  /** Returns one more than the largest id. */
  int size() {
    return entries.isEmpty() ? 0 : entries.lastKey() + 1;
  }

  /** Returns the ids that have a token, in order; there may be gaps. */
  Collection<Integer> ids() {
    return entries.keySet();
  }

  OptionalLong idOf(String entry) {
    Integer id = idOf.get(entry);
    return id == null ? OptionalLong.empty() : OptionalLong.of(id);
  }

  /** Tells whether the token was added to the model's own: its entry is its text. */
  boolean isAdded(int id) {
    return added.contains(id);
  }

  boolean has(long id) {
    return find(id) != null;
  }

  /** Returns the entry of an id, or throws if there is no such token. */
  String entry(long id) {
    String entry = find(id);
    if (entry == null) {
      throw new IllegalArgumentException(
          "There is no token of id " + id + "; ids go from 0 to " + (size() - 1));
    }
    return entry;
  }

  private @Nullable String find(long id) {
    return id == (int) id ? entries.get((int) id) : null;
  }
}
