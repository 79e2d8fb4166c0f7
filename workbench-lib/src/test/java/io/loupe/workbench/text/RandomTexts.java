package io.loupe.workbench.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Texts that mix scripts, emoji, combining marks, control characters and runs of spaces. */
final class RandomTexts {
  /** First and last code points of ranges that are old enough for every Unicode table. */
  private static final int[][] RANGES = {
    {'a', 'z'},
    {'a', 'z'},
    {'A', 'Z'},
    {'0', '9'},
    {'!', '/'},
    {':', '@'},
    {'[', '`'},
    {'{', '~'},
    {0x00, 0x1f}, // control
    {0x7f, 0x9f},
    {0xa1, 0xff}, // Latin
    {0x100, 0x17f},
    {0x1e00, 0x1eff},
    {0x300, 0x36f}, // combining marks
    {0x391, 0x3ce}, // Greek
    {0x410, 0x44f}, // Cyrillic
    {0x5b0, 0x5ea}, // Hebrew, with points
    {0x621, 0x652}, // Arabic, with points
    {0x660, 0x669}, // digits
    {0x905, 0x94d}, // Devanagari
    {0xe01, 0xe4e}, // Thai
    {0x1100, 0x1112}, // Hangul
    {0xac00, 0xd7a3},
    {0x3041, 0x3096}, // Kana
    {0x30a1, 0x30fa},
    {0x4e00, 0x9fa5}, // Chinese
    {0xf900, 0xfa2d},
    {0x20000, 0x2a6d6},
    {0x2000, 0x206f}, // spaces, punctuation, joiners
    {0x2070, 0x218b}, // superscripts, currencies, letterlike, number forms
    {0x2200, 0x22ff}, // mathematics
    {0x3000, 0x3011},
    {0xfb00, 0xfb06}, // ligatures
    {0xff01, 0xff5e}, // full width
    {0x1d400, 0x1d454}, // mathematical letters
    {0x1f300, 0x1f64f}, // emoji
    {0x1f3fb, 0x1f3ff}
  };

  private static final String[] PIECES = {
    " the",
    " Mary",
    "'s",
    "'LL",
    "##",
    "e\u0301",
    "\r\n",
    "\t\t",
    "\u00a0",
    "\u2028",
    "\u3000",
    "\ufeff",
    "\ufffd",
    "\u0130",
    "1984",
    "👩‍👩‍👧",
    "🏳️‍🌈",
    "ΟΔΟΣ ",
    "[MASK]"
  };

  private final Random random;

  RandomTexts(long seed) {
    random = new Random(seed);
  }

  /** Texts of characters whose kind every implementation knows. */
  List<String> known(int count) {
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(14); n > 0; n--) {
        appendRun(text);
      }
      texts.add(text.toString());
    }
    return texts;
  }

  private void appendRun(StringBuilder text) {
    int kind = random.nextInt(10);
    if (kind == 0) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    } else if (kind <= 2) {
      text.append(" ".repeat(1 + random.nextInt(random.nextInt(10) == 0 ? 30 : 2)));
    } else {
      int[] range = RANGES[random.nextInt(RANGES.length)];
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        int c = range[0] + random.nextInt(range[1] - range[0] + 1);
        text.appendCodePoint(Character.isDefined(c) ? c : 'x');
      }
    }
  }

  /** Texts of any code points at all, halves of surrogate pairs excepted. */
  List<String> any(int count) {
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(30); n > 0; n--) {
        int limit = new int[] {0x80, 0x800, 0x10000, 0x110000}[random.nextInt(4)];
        int c = random.nextInt(limit);
        boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
        text.appendCodePoint(surrogate ? ' ' : c);
      }
      texts.add(text.toString());
    }
    return texts;
  }
}
