package io.loupe.workbench.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * SentencePiece's map from characters to their normal forms: the size of a trie in bytes, the trie
 * (a double array, as Darts makes it, of 32-bit units), and the normal forms, each ended by a zero.
 *
 * @param units the trie
 * @param forms the normal forms
 */
record CharacterMap(IntBuffer units, ByteBuffer forms) {
  private static final int IS_VALUE = 1 << 31;

  /**
   * Tells whether this is the base64 of a map, and every way through its trie, by whatever text,
   * stays inside of it and ends at a normal form.
   */
  static boolean isSound(String base64) {
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IllegalArgumentException e) {
      return false;
    }
    // the library's decoder takes one form of each text only
    if (bytes.limit() < Integer.BYTES
        || !Base64.getEncoder().encodeToString(bytes.array()).equals(base64)) {
      return false;
    }
    int size = bytes.getInt() / Integer.BYTES * Integer.BYTES;
    if (size <= 0 || size > bytes.remaining()) {
      return false;
    }
    ByteBuffer trie = bytes.slice(bytes.position(), size).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer forms = bytes.slice(bytes.position() + size, bytes.remaining() - size);
    return isUtf8(forms) && new CharacterMap(trie.asIntBuffer(), forms).isSound();
  }

  private static boolean isUtf8(ByteBuffer forms) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(forms.duplicate());
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private boolean isSound() {
    Deque<Integer> bases = new ArrayDeque<>();
    BitSet seen = new BitSet(units.limit());
    bases.add(offset(units.get(0)));
    while (!bases.isEmpty()) {
      int base = bases.remove();
      for (int c = 1; c < 256; c++) {
        int at = base ^ c;
        if (at >= units.limit()) {
          return false;
        }
        int unit = units.get(at);
        if ((unit & (IS_VALUE | 0xff)) == c && !seen.get(at)) {
          seen.set(at);
          int next = at ^ offset(unit);
          if ((unit >> 8 & 1) == 1 && !isForm(next)) {
            return false;
          }
          bases.add(next);
        }
      }
    }
    return true;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 1 << 9) >> 6);
  }

  private boolean isForm(int at) {
    if (at >= units.limit()) {
      return false;
    }
    int begin = units.get(at) & ~IS_VALUE;
    return begin == forms.limit() || begin < forms.limit() && (forms.get(begin) & 0xc0) != 0x80;
  }
}
