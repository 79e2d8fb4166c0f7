package io.loupe.workbench.tensorfile;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.safetensors.SafetensorsFile;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HalfFloatsTest {
  private static final Path HALVES = Path.of("src/test/resources/safetensors/halves.safetensors");

  @Test
  void widensAsPythonDoes() throws Exception {
    SafetensorsFile file = SafetensorsFile.open(HALVES);

    assertThat(bits(file.floats("f16"))).isEqualTo(bits(file.floats("f16.expected")));
    assertThat(bits(file.floats("bf16"))).isEqualTo(bits(file.floats("bf16.expected")));
  }

  @Test
  void narrowsAsPythonDoes() throws Exception {
    SafetensorsFile file = SafetensorsFile.open(HALVES);
    float[] wide = file.floats("narrow");
    float[] narrowed = new float[wide.length];
    for (int i = 0; i < wide.length; i++) {
      narrowed[i] = HalfFloats.toFloat(HalfFloats.fromFloat(wide[i]));
    }

    assertThat(bits(narrowed)).isEqualTo(bits(file.floats("narrow.expected")));
  }

  @Test
  void everyHalfSurvivesTheWayThereAndBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      short half = (short) bits;
      boolean nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0;
      float wide = HalfFloats.toFloat(half);

      assertThat(Float.isNaN(wide)).as("%04x", bits).isEqualTo(nan);
      short back = HalfFloats.fromFloat(wide);
      // a NaN keeps sign and payload and becomes quiet
      assertThat(back).as("%04x", bits).isEqualTo(nan ? (short) (bits | 0x200) : half);
    }
  }

  @Test
  void whatIsTooLargeBecomesInfinite() {
    assertThat(HalfFloats.fromFloat(65519.996f)).isEqualTo((short) 0x7bff);
    assertThat(HalfFloats.fromFloat(65520f)).isEqualTo((short) 0x7c00);
    assertThat(HalfFloats.fromFloat(-Float.MAX_VALUE)).isEqualTo((short) 0xfc00);
    assertThat(HalfFloats.fromFloat(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xfc00);
    assertThat(HalfFloats.fromFloat(-0x1p-26f)).isEqualTo((short) 0x8000);
  }

  @Test
  void widensSizesThatAreNoMultipleOfABlock() {
    for (int size : new int[] {0, 1, (1 << 15) - 1, 1 << 15, (1 << 15) + 1, 100_003}) {
      ByteBuffer source = ByteBuffer.allocate(2 * size);
      float[] expected = new float[size];
      for (int i = 0; i < size; i++) {
        short half = (short) (i * 7);
        source.put(2 * i, (byte) half).put(2 * i + 1, (byte) (half >> 8));
        expected[i] = HalfFloats.toFloat(half);
      }
      float[] out = new float[size];

      HalfFloats.widen(source, StoredType.F16, FloatBuffer.wrap(out));

      assertThat(bits(out)).isEqualTo(bits(expected));
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
