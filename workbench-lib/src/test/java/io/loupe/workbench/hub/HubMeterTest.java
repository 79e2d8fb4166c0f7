package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.display.ProgressLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubMeterTest {
  private final List<ProgressLine> lines = new ArrayList<>();
  private long seconds;
  private final Meter meter =
      new Meter(
          new HubName("o", "n", "main"),
          lines::add,
          Duration.ofSeconds(1),
          () -> seconds * 1_000_000_000);

  @Test
  void saysRateAndTimeLeft() {
    meter.start("f", 1_000_000_000, 400_000_000); // resumed: the rate counts what comes now
    meter.at(400_000_001);
    assertThat(lines).isEmpty();
    seconds += 2;
    meter.at(420_000_000);
    assertThat(lines)
        .containsExactly(new ProgressLine("o/n: f 420 MB of 1.0 GB, 10 MB/s, 58 s left", false));
  }

  @Test
  void saysNoTimeLeftIfTheSizeIsUnknown() {
    meter.start("f", -1, 0);
    seconds += 1;
    meter.at(5000);
    assertThat(lines).containsExactly(new ProgressLine("o/n: f 5.0 kB, 5.0 kB/s", false));
  }

  @Test
  void aLineIsOneLine() {
    meter.note("a\nb\r");
    assertThat(lines).containsExactly(new ProgressLine("a b ", false));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.0 kB",
    "12345, 12 kB",
    "999999, 1.0 MB",
    "5000000000, 5.0 GB",
    "9223372036854775807, 9.2 EB"
  })
  void sizes(long bytes, String text) {
    assertThat(Meter.size(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"59, 59 s", "100, 1 min 40 s", "7260, 2 h 1 min"})
  void times(long seconds, String text) {
    assertThat(Meter.time(seconds)).isEqualTo(text);
  }
}
