package io.loupe.workbench.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeasurementTest {
  @ParameterizedTest
  @CsvSource({
    "AT_MOST, 1, true, true, false",
    "LESS_THAN, 1, true, false, false",
    "AT_LEAST, 1, false, true, true",
    "GREATER_THAN, 1, false, false, true"
  })
  void holdsBelowAtAndAboveTheLimit(
      Relation relation, double limit, boolean below, boolean at, boolean above) {
    Bar bar = new Bar(relation, limit);
    assertThat(new Measurement("m", 0.5, "x", bar).holds()).isEqualTo(below);
    assertThat(new Measurement("m", 1, "x", bar).holds()).isEqualTo(at);
    assertThat(new Measurement("m", 1.5, "x", bar).holds()).isEqualTo(above);
  }

  @Test
  void barsReadAsPeopleWriteThem() {
    assertThat(Bar.atMost(1.25)).hasToString("<= 1.25");
    assertThat(Bar.atLeast(10)).hasToString(">= 10");
    assertThat(new Bar(Relation.LESS_THAN, 1e-4)).hasToString("< 1.0E-4");
  }

  @Test
  void withoutABarItHolds() {
    assertThat(Measurement.of("tokens", 3, "").holds()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void refusesValuesThatAreNoNumbers(double value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Measurement.of("ratio", value, "x"))
        .withMessageContaining("'ratio' must be finite");
    assertThatIllegalArgumentException().isThrownBy(() -> Bar.atMost(value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "tpu0", "CPU", ""})
  void refusesDevicesOfAnotherName(String device) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BenchContext(device, line -> {}))
        .withMessageContaining("cpu, or gpu and its number");
  }

  @Test
  void knowsTheGpu() {
    assertThat(new BenchContext("gpu1", line -> {}).onGpu()).isTrue();
    assertThat(new BenchContext("cpu", line -> {}).onGpu()).isFalse();
  }
}
