package io.loupe.datasets.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.datasets.catalog.Datasets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShippedSamplesTest {
  private static final int MOST_BYTES = 4 << 20;

  @Test
  void filesAreThoseListed() throws IOException {
    Map<String, String> sums =
        new String(bytes("SHA256SUMS"), StandardCharsets.US_ASCII)
            .lines()
            .collect(Collectors.toMap(line -> line.substring(66), line -> line.substring(0, 64)));
    assertThat(sums.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Datasets.names().stream()
                .flatMap(
                    name -> Stream.of("data.zip", "LICENSE", "SOURCE.txt").map(f -> name + "/" + f))
                .toList());
    int size = 0;
    for (Map.Entry<String, String> sum : sums.entrySet()) {
      byte[] content = bytes(sum.getKey());
      assertThat(MakeSamples.hash(content)).as(sum.getKey()).isEqualTo(sum.getValue());
      size += content.length;
    }
    assertThat(size).isLessThan(MOST_BYTES);
  }

  @Test
  void whatMayNotBePassedOnIsNotThere() {
    List<String> functions =
        Datasets.named("function-tasks").rows().stream().map(row -> row.get(1)).distinct().toList();
    assertThat(functions)
        .hasSize(46)
        .contains("country-capital", "present-past", "choose_last_of_3")
        .noneMatch(name -> name.startsWith("conll2003") || name.startsWith("english-"))
        .doesNotContain("ag_news", "sentiment", "antonym", "synonym");
  }

  private static byte[] bytes(String file) throws IOException {
    try (InputStream in =
        ShippedSamplesTest.class.getResourceAsStream("/io/loupe/datasets/corpora/" + file)) {
      assertThat(in).as(file).isNotNull();
      return in.readAllBytes();
    }
  }
}
