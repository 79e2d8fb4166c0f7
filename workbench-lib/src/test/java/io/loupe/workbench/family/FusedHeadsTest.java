package io.loupe.workbench.family;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FusedHeadsTest {
  @ParameterizedTest
  @CsvSource({"1,1,3", "1,3,2", "4,1,2", "3,3,5", "12,3,4", "20,3,1", "7,4,2"})
  void everyBlockGoesWhereItBelongs(int heads, int parts, int size) {
    byte[] before = new byte[heads * parts * size];
    for (int i = 0; i < before.length; i++) {
      before[i] = (byte) i;
    }
    ByteBuffer memory = ByteBuffer.allocateDirect(before.length).put(before).clear();
    FusedHeads.transpose(memory, heads, parts);
    for (int head = 0; head < heads; head++) {
      for (int part = 0; part < parts; part++) {
        for (int i = 0; i < size; i++) {
          assertThat(memory.get((part * heads + head) * size + i))
              .as("head %d, part %d, byte %d", head, part, i)
              .isEqualTo(before[(head * parts + part) * size + i]);
        }
      }
    }
  }
}
