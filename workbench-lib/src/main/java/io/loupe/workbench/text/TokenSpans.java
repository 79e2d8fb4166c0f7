package io.loupe.workbench.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Spans of tokens, made from those that the library gives: it counts code points, has none for
 * special tokens that were added, and where a normaliser composes a letter with its accents, or
 * drops them, it gives the letter alone. Ours cover the accents too.
 */
final class TokenSpans {
  private TokenSpans() {}

  static List<CharSpan> of(
      String text, ai.djl.huggingface.tokenizers.jni.@Nullable CharSpan[] found) {
    int[] charIndex = charIndexOfCodePoint(text);
    BitSet covered = new BitSet(text.length());
    for (ai.djl.huggingface.tokenizers.jni.CharSpan span : found) {
      if (span != null) {
        covered.set(charIndex[span.getStart()], charIndex[span.getEnd()]);
      }
    }
    List<CharSpan> spans = new ArrayList<>(found.length);
    int end = 0;
    for (ai.djl.huggingface.tokenizers.jni.CharSpan span : found) {
      int start = end;
      if (span != null) {
        start = charIndex[span.getStart()];
        end = charIndex[span.getEnd()];
        end = end > start ? withParts(text, end, covered) : end;
      }
      spans.add(new CharSpan(start, end));
    }
    return spans;
  }

  /** Moves an end behind what belongs to the character before it and to no token. */
  private static int withParts(String text, int end, BitSet covered) {
    int moved = end;
    while (moved < text.length() && !covered.get(moved) && isPart(text.codePointAt(moved))) {
      moved = text.offsetByCodePoints(moved, 1);
    }
    return moved;
  }

  /** Tells whether it may become one character with the one before: a mark, part of a syllable. */
  private static boolean isPart(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> Character.UnicodeBlock.of(codePoint) == Character.UnicodeBlock.HANGUL_JAMO;
    };
  }

  private static int[] charIndexOfCodePoint(String text) {
    int[] index = new int[text.codePointCount(0, text.length()) + 1];
    for (int i = 1; i < index.length; i++) {
      index[i] = text.offsetByCodePoints(index[i - 1], 1);
    }
    return index;
  }
}
