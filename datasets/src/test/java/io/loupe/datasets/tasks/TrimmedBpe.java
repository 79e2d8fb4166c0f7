package io.loupe.datasets.tasks;

import io.loupe.datasets.task.TextTokens;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** GPT-2's tokenizer for the words that the tasks use, from those of its merges that cut them. */
final class TrimmedBpe implements TextTokens {
  static final TrimmedBpe GPT2 = new TrimmedBpe();

  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

  private final Map<String, Integer> ranks = new HashMap<>();
  private final Map<String, List<String>> cuts = new ConcurrentHashMap<>();

  private TrimmedBpe() {
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("gpt2-trimmed-merges.txt"))) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        ranks.put(line, ranks.size());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long[] ids(String text) {
    return tokens(text).stream().mapToLong(token -> token.hashCode() & 0xffffffffL).toArray();
  }

  List<String> tokens(String text) {
    List<String> tokens = new ArrayList<>();
    WORD.matcher(text)
        .results()
        .forEach(word -> tokens.addAll(cuts.computeIfAbsent(word.group(), this::cut)));
    return tokens;
  }

  private List<String> cut(String word) {
    List<String> parts = new ArrayList<>();
    word.replace(' ', 'Ġ').replace('\n', 'Ċ').chars().forEach(c -> parts.add("" + (char) c));
    while (true) {
      String best = null;
      for (int i = 0; i + 1 < parts.size(); i++) {
        String pair = parts.get(i) + " " + parts.get(i + 1);
        if (ranks.containsKey(pair) && (best == null || ranks.get(pair) < ranks.get(best))) {
          best = pair;
        }
      }
      if (best == null) {
        return List.copyOf(parts);
      }
      for (int i = 0; i + 1 < parts.size(); i++) {
        if (best.equals(parts.get(i) + " " + parts.get(i + 1))) {
          parts.set(i, parts.get(i) + parts.remove(i + 1));
        }
      }
    }
  }
}
