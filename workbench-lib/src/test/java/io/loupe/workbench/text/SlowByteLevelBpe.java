package io.loupe.workbench.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte-level BPE straight from its description (Radford et al. 2019, "Language Models are
 * Unsupervised Multitask Learners", section 2.2, and the encoder.py published with it): split the
 * text into words, write the bytes of each by printable characters, and merge the pair of lowest
 * rank until there is none.
 */
final class SlowByteLevelBpe {
  /** The character of each byte. */
  static final Map<Integer, String> ALPHABET = alphabet();

  static final Pattern GPT2_WORDS =
      words("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

  /** From the source of Qwen2's tokenizer. */
  static final Pattern QWEN2_WORDS =
      words(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  private final Map<String, Integer> vocab;
  private final Map<String, Integer> ranks = new HashMap<>();
  private final Pattern words;
  private final List<String> added;
  private final Map<String, List<String>> cache = new HashMap<>();

  /**
   * @param vocab ids by entry, added tokens included
   * @param merges two entries each, a space between them
   * @param added tokens that are not split, of several at one place the longest first
   */
  SlowByteLevelBpe(
      Map<String, Integer> vocab, List<String> merges, Pattern words, List<String> added) {
    this.vocab = vocab;
    merges.forEach(merge -> ranks.putIfAbsent(merge, ranks.size()));
    this.words = words;
    this.added = added;
  }

  /** Ids with their spans in the text. */
  Encoding encode(String text) {
    List<Long> ids = new ArrayList<>();
    List<CharSpan> spans = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); ) {
      String token = addedAt(text, i);
      if (token.isEmpty()) {
        i++;
      } else {
        encodeWords(text, start, i, ids, spans);
        ids.add((long) vocab.get(token));
        spans.add(new CharSpan(i, i + token.length()));
        i += token.length();
        start = i;
      }
    }
    encodeWords(text, start, text.length(), ids, spans);
    return new Encoding(text, ids.stream().mapToLong(Long::longValue).toArray(), spans);
  }

  private String addedAt(String text, int index) {
    return added.stream().filter(token -> text.startsWith(token, index)).findFirst().orElse("");
  }

  private void encodeWords(String text, int start, int end, List<Long> ids, List<CharSpan> spans) {
    Matcher matcher = words.matcher(text.substring(start, end));
    while (matcher.find()) {
      String word = matcher.group();
      StringBuilder entry = new StringBuilder();
      List<CharSpan> owners = new ArrayList<>(); // the character that each byte belongs to
      for (int i = 0; i < word.length(); i = word.offsetByCodePoints(i, 1)) {
        String character = word.substring(i, word.offsetByCodePoints(i, 1));
        for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
          entry.append(ALPHABET.get(b & 0xff));
          int at = start + matcher.start() + i;
          owners.add(new CharSpan(at, at + character.length()));
        }
      }
      int at = 0;
      for (String part : cache.computeIfAbsent(entry.toString(), this::merged)) {
        ids.add((long) vocab.get(part));
        int last = at + part.length() - 1;
        spans.add(new CharSpan(owners.get(at).start(), owners.get(last).end()));
        at += part.length();
      }
    }
  }

  private List<String> merged(String word) {
    List<String> parts = new ArrayList<>(word.chars().mapToObj(Character::toString).toList());
    while (true) {
      int best = Integer.MAX_VALUE;
      String pair = "";
      for (int i = 0; i + 1 < parts.size(); i++) {
        String candidate = parts.get(i) + " " + parts.get(i + 1);
        int rank = ranks.getOrDefault(candidate, Integer.MAX_VALUE);
        if (rank < best) {
          best = rank;
          pair = candidate;
        }
      }
      if (pair.isEmpty()) {
        return parts;
      }
      for (int i = 0; i + 1 < parts.size(); i++) {
        if (pair.equals(parts.get(i) + " " + parts.get(i + 1))) {
          parts.set(i, parts.get(i) + parts.remove(i + 1));
        }
      }
    }
  }

  private static Pattern words(String regex) {
    return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
  }

  private static Map<Integer, String> alphabet() {
    Map<Integer, String> alphabet = new TreeMap<>();
    int others = 0;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
      alphabet.put(b, Character.toString(printable ? b : 256 + others++));
    }
    return alphabet;
  }
}
