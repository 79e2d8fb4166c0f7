package io.loupe.workbench.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frequencies at realistic sizes; transformers computes those of the variants' small models. */
class RotaryScalingTest {
  private static final double TOLERANCE = 1e-15;

  /** Numbers of YaRN's formulas, computed by themselves in Python; the ramp goes from 8 to 21. */
  @Test
  void yarnRoundsItsRampToWholeDimensionsUnlessToldNotTo() {
    double[] rounded =
        new RotaryScaling.Yarn(4, 2048, 32, 1, true, 1).frequencies(64, 10_000, 8192);
    double[] exact = new RotaryScaling.Yarn(4, 2048, 32, 1, false, 1).frequencies(64, 10_000, 8192);
    assertThat(rounded[7]).isCloseTo(0.1333521432163324, within(TOLERANCE));
    assertThat(rounded[9]).isCloseTo(0.0706631081870968, within(TOLERANCE));
    assertThat(rounded[15]).isCloseTo(0.00794983930712751, within(TOLERANCE));
    assertThat(rounded[20]).isCloseTo(0.0009730085108210396, within(TOLERANCE));
    assertThat(rounded[31]).isCloseTo(3.33380358040831e-05, within(TOLERANCE));
    assertThat(exact[7]).isCloseTo(0.1333521432163324, within(TOLERANCE));
    assertThat(exact[9]).isCloseTo(0.07061755378308567, within(TOLERANCE));
    assertThat(exact[15]).isCloseTo(0.007574179088510251, within(TOLERANCE));
    assertThat(exact[20]).isCloseTo(0.0008112903817014309, within(TOLERANCE));
  }

  @Test
  void dynamicIsPlainUpToTheOriginalContext() {
    RotaryScaling dynamic = new RotaryScaling.Dynamic(2, 100);
    double[] plain = new RotaryScaling.None().frequencies(16, 10_000, 0);
    assertThat(dynamic.frequencies(16, 10_000, 100)).containsExactly(plain);
    double[] longer = dynamic.frequencies(16, 10_000, 200);
    double base = 10_000 * Math.pow(3, 16 / 14.0); // 2 * 200 / 100 - 1
    assertThat(longer[3]).isCloseTo(Math.pow(base, -6 / 16.0), within(TOLERANCE));
  }

  @Test
  void longRopeNeedsAFactorForEachFrequency() {
    List<Double> four = Collections.nCopies(4, 2.0);
    RotaryScaling scaling = new RotaryScaling.LongRope(four, four, 10, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> scaling.frequencies(16, 10_000, 5))
        .withMessageContaining("need 8")
        .withMessageContaining("there are 4");
  }
}
