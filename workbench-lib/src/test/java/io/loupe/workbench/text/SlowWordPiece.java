package io.loupe.workbench.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * BERT's tokenizer straight from tokenization.py of google-research/bert: tidy the text up, lower
 * its case and strip accents, split it at spaces and punctuation, then take from each word the
 * longest piece in the vocabulary, again and again.
 *
 * <p>Characters are lowered one by one, as in Hugging Face's fast tokenizer: a sigma at the end of
 * a word is any other sigma.
 */
final class SlowWordPiece {
  private final Map<String, Integer> ids = new HashMap<>();
  private final boolean lowerCase;
  private final boolean stripAccents;
  private final boolean splitChinese;

  SlowWordPiece(List<String> vocab, boolean lowerCase, boolean stripAccents, boolean splitChinese) {
    vocab.forEach(token -> ids.put(token, ids.size()));
    this.lowerCase = lowerCase;
    this.stripAccents = stripAccents;
    this.splitChinese = splitChinese;
  }

  /** Ids without special tokens around them. */
  long[] encode(String text) {
    List<Integer> found = new ArrayList<>();
    for (String word : words(normalised(text))) {
      found.addAll(pieces(word));
    }
    return found.stream().mapToLong(Integer::longValue).toArray();
  }

  private String normalised(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .filter(c -> c != 0 && c != 0xfffd && !isControl(c))
        .forEach(
            c -> {
              if (isSpace(c)) {
                clean.append(' ');
              } else if (splitChinese && isChinese(c)) {
                clean.append(' ').appendCodePoint(c).append(' ');
              } else {
                clean.appendCodePoint(c);
              }
            });
    String plain = stripAccents ? Normalizer.normalize(clean, Normalizer.Form.NFD) : "" + clean;
    StringBuilder result = new StringBuilder();
    plain
        .codePoints()
        .filter(c -> !stripAccents || Character.getType(c) != Character.NON_SPACING_MARK)
        .mapToObj(Character::toString)
        .forEach(c -> result.append(lowerCase ? c.toLowerCase(Locale.ROOT) : c));
    return result.toString();
  }

  private static boolean isControl(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT -> c != '\t' && c != '\n' && c != '\r';
      default -> false;
    };
  }

  private static boolean isSpace(int c) {
    return c == '\t' || c == '\n' || c == '\r' || Character.isSpaceChar(c);
  }

  private static boolean isChinese(int c) {
    return c >= 0x4E00 && c <= 0x9FFF
        || c >= 0x3400 && c <= 0x4DBF
        || c >= 0x20000 && c <= 0x2A6DF
        || c >= 0xF900 && c <= 0xFAFF;
  }

  private static boolean isPunctuation(int c) {
    boolean ascii =
        c >= 33 && c <= 47 || c >= 58 && c <= 64 || c >= 91 && c <= 96 || c >= 123 && c <= 126;
    return ascii
        || switch (Character.getType(c)) {
          case Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION ->
              true;
          default -> false;
        };
  }

  private static List<String> words(String text) {
    StringBuilder spaced = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (isPunctuation(c)) {
                spaced.append(' ').appendCodePoint(c).append(' ');
              } else {
                spaced.appendCodePoint(c);
              }
            });
    return List.of(spaced.toString().split(" ")).stream().filter(w -> !w.isEmpty()).toList();
  }

  private List<Integer> pieces(String word) {
    int[] characters = word.codePoints().toArray();
    List<Integer> unknown = List.of(ids.get("[UNK]"));
    if (characters.length > 100) {
      return unknown;
    }
    List<Integer> pieces = new ArrayList<>();
    for (int start = 0; start < characters.length; ) {
      int end = characters.length;
      Integer id = null;
      for (; end > start; end--) {
        id = ids.get((start > 0 ? "##" : "") + new String(characters, start, end - start));
        if (id != null) {
          break;
        }
      }
      if (id == null) {
        return unknown;
      }
      pieces.add(id);
      start = end;
    }
    return pieces;
  }
}
