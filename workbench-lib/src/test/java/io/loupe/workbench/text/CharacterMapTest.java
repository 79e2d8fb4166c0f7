package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** A map from x to b: a trie of 256 units, of which two are used, and the text b. */
class CharacterMapTest {
  private static final int X = 4 + 4 * 'x';
  private static final int VALUE = 4 + 4 * 0xf0;
  private static final int FORMS = 4 + 4 * 256;

  private final ByteBuffer map = ByteBuffer.allocate(FORMS + 2).order(ByteOrder.LITTLE_ENDIAN);

  CharacterMapTest() {
    map.putInt(0, 4 * 256);
    map.putInt(X, 'x' | 1 << 8 | ('x' ^ 0xf0) << 10);
    map.putInt(VALUE, 1 << 31);
    map.put(FORMS, (byte) 'b');
  }

  private boolean isSound() {
    return CharacterMap.isSound(Base64.getEncoder().encodeToString(map.array()));
  }

  @Test
  void soundMap() {
    assertThat(isSound()).isTrue();
    map.putInt(VALUE, 1 << 31 | 2); // the end of the forms is still a place in them
    assertThat(isSound()).isTrue();
  }

  @Test
  void trieThatIsLargerThanTheMap() {
    map.putInt(0, 4 * 257);
    assertThat(isSound()).isFalse();
    map.putInt(0, -4);
    assertThat(isSound()).isFalse();
    map.putInt(0, 0);
    assertThat(isSound()).isFalse();
  }

  @Test
  void waysOutOfTheTrie() {
    map.putInt(X, 'x' | 1 << 8 | 0x100 << 10);
    assertThat(isSound()).as("to a value behind the trie").isFalse();
    map.putInt(X, 'x' | 0x100 << 10);
    assertThat(isSound()).as("to another character behind the trie").isFalse();
    map.putInt(X, 0);
    map.putInt(4, 0x100 << 10);
    assertThat(isSound()).as("from the root").isFalse();
  }

  @Test
  void valuesThatAreNoForms() {
    map.putInt(VALUE, 1 << 31 | 3);
    assertThat(isSound()).isFalse();
    map.putInt(VALUE, 1 << 31 | 1);
    map.put(FORMS, (byte) 0xc3).put(FORMS + 1, (byte) 0xa9);
    assertThat(isSound()).as("in the middle of a character").isFalse();
    map.putInt(VALUE, 1 << 31);
    assertThat(isSound()).isTrue();
    map.put(FORMS + 1, (byte) 'b');
    assertThat(isSound()).as("no UTF-8").isFalse();
  }

  @Test
  void textsThatTheLibraryDoesNotDecode() {
    assertThat(CharacterMap.isSound("!")).isFalse();
    assertThat(CharacterMap.isSound("")).isFalse();
    String base64 = Base64.getEncoder().encodeToString(map.array());
    assertThat(base64).endsWith("AA==");
    assertThat(CharacterMap.isSound(base64)).isTrue();
    assertThat(CharacterMap.isSound(base64.replace("AA==", "AA"))).isFalse();
    assertThat(CharacterMap.isSound(base64.replace("AA==", "AB=="))).isFalse();
  }
}
