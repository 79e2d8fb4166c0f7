package io.loupe.kernels.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What Java packs lies where the kernels' header asserts that it does. */
class LaunchParamsTest {
  private static final Path HEADER = Path.of("src/main/cuda/params.cuh");

  private static String header() throws IOException {
    return Files.readString(HEADER);
  }

  private static Map<String, Integer> offsets(String struct) throws IOException {
    Map<String, Integer> offsets = new HashMap<>();
    Pattern.compile("AT\\(" + struct + ", (\\w+), (\\d+)\\)")
        .matcher(header())
        .results()
        .forEach(m -> offsets.put(m.group(1), Integer.parseInt(m.group(2))));
    return offsets;
  }

  private static int size(String struct) throws IOException {
    return Pattern.compile("sizeof\\(" + struct + "\\) == (\\d+)")
        .matcher(header())
        .results()
        .mapToInt(m -> Integer.parseInt(m.group(1)))
        .findFirst()
        .orElseThrow();
  }

  /** QUERY_RULES is queryRules. */
  private static String field(Enum<?> constant) {
    return Pattern.compile("_(\\w)")
        .matcher(constant.name().toLowerCase(Locale.ROOT))
        .replaceAll((MatchResult m) -> m.group(1).toUpperCase(Locale.ROOT));
  }

  @Test
  void fieldsAreWhereTheHeaderHasThem() throws IOException {
    Map<String, Integer> packed = new HashMap<>();
    for (LaunchParams.Address field : LaunchParams.Address.values()) {
      packed.put(field(field), field.offset());
    }
    for (LaunchParams.Count field : LaunchParams.Count.values()) {
      packed.put(field(field), field.offset());
    }
    for (LaunchParams.Real field : LaunchParams.Real.values()) {
      packed.put(field(field), field.offset());
    }
    assertThat(packed).hasSize(30).isEqualTo(offsets("Params"));
    assertThat(LaunchParams.BYTES).isEqualTo(size("Params"));
  }

  @Test
  void editsAreWhereTheHeaderHasThem() throws IOException {
    assertThat(offsets("HeadEdit"))
        .isEqualTo(
            Map.of(
                "gate", EditArrays.GATE,
                "factors", EditArrays.FACTORS,
                "rules", EditArrays.RULES,
                "windows", EditArrays.WINDOWS,
                "sinks", EditArrays.SINKS,
                "spans", EditArrays.SPANS,
                "weights", EditArrays.WEIGHTS));
    assertThat(EditArrays.BYTES).isEqualTo(size("HeadEdit"));
    assertThat(header())
        .contains("MAX_RULES = " + EditArrays.MOST_RULES + ";")
        .contains("MAX_WINDOWS = " + EditArrays.MOST_WINDOWS + ";")
        .contains("MAX_SETS = " + CallArrays.MOST_SETS + ";");
  }

  @Test
  void slotsAreThoseOfTheHeader() throws IOException {
    Map<String, Integer> slots = new HashMap<>();
    Pattern.compile("(?m)^  ([A-Z_]+) = (\\d+),")
        .matcher(header())
        .results()
        .forEach(m -> slots.put(m.group(1), Integer.parseInt(m.group(2))));
    assertThat(slots)
        .isEqualTo(
            Map.of(
                "LOG_SUM_EXP", Slot.LOG_SUM_EXP,
                "ENTROPY", Slot.ENTROPY,
                "SQUARES", Slot.SQUARES,
                "LARGEST", Slot.LARGEST,
                "LARGEST_KEY", Slot.LARGEST_KEY,
                "DISTANCE", Slot.DISTANCE,
                "WITHIN", Slot.WITHIN,
                "DUPLICATE", Slot.DUPLICATE,
                "SETS", Slot.SETS,
                "TARGETS", Slot.TARGETS));
  }

  @Test
  void valuesArePackedAndCopied() {
    LaunchParams params =
        new LaunchParams()
            .with(LaunchParams.Address.Q, 0x1234_5678_9abcL)
            .with(LaunchParams.Count.KEYS, 77)
            .with(LaunchParams.Real.SCALE, 0.25);
    LaunchParams copy = params.copy().with(LaunchParams.Count.KEYS, 78);
    assertThat(params.bytes().getLong(0)).isEqualTo(0x1234_5678_9abcL);
    assertThat(params.bytes().getInt(144)).isEqualTo(77);
    assertThat(params.bytes().getFloat(176)).isEqualTo(0.25f);
    assertThat(copy.bytes().getLong(0)).isEqualTo(0x1234_5678_9abcL);
    assertThat(copy.bytes().getInt(144)).isEqualTo(78);
    assertThat(copy.bytes().getInt(140)).isZero();
    assertThat(copy.bytes().isDirect()).isTrue();
  }
}
