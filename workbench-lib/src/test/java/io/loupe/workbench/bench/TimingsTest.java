package io.loupe.workbench.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.bench.Timings.Comparison;
import io.loupe.workbench.bench.Timings.Options;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimingsTest {
  private final StringBuilder order = new StringBuilder();

  @Test
  void comparesInAlternatingPairsAfterTheWarmUp() {
    Comparison times = Timings.compare(new Options(1, 3), () -> ran("a"), () -> ran("b"));

    assertThat(order).hasToString("abababab");
    assertThat(times.baselineMillis()).hasSize(3);
    assertThat(times.candidateMillis()).hasSize(3).allMatch(millis -> millis > 0);
  }

  @Test
  void repeatsAfterTheWarmUp() {
    assertThat(Timings.repeat(new Options(2, 3), () -> ran("a"))).hasSize(3);
    assertThat(order).hasToString("aaaaa");
  }

  @Test
  void theRatioIsTheMedianOfThePairsAndNotTheRatioOfTheMedians() {
    Comparison times =
        new Comparison(List.of(10.0, 30.0, 20.0), List.of(12.0, 33.0, 18.0)); // 1.2, 1.1, 0.9

    assertThat(times.medianRatio()).isCloseTo(1.1, within(1e-12));
    assertThat(times.medianBaseline()).isEqualTo(20);
    assertThat(times.medianCandidate()).isEqualTo(18);
  }

  @Test
  void theMedianOfAnEvenNumberIsBetweenTheMiddleTwo() {
    assertThat(Timings.median(List.of(4.0, 1.0, 100.0, 2.0))).isEqualTo(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Timings.median(List.of()))
        .withMessageContaining("no values");
  }

  @Test
  void refusesToTimeNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Options(0, 0))
        .withMessageContaining("rounds >= 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Comparison(List.of(1.0), List.of()))
        .withMessageContaining("got 0 and 1");
  }

  private Object ran(String name) {
    return order.append(name);
  }
}
