package io.loupe.datasets.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.words.Words;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BiographiesTest {
  private static List<String> texts(int count, long seed) {
    Random random = new Random(seed);
    Biographies biographies = new Biographies();
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(i -> biographies.next(random))
        .toList();
  }

  @Test
  void tellWhatIsSoWithTheRightPronoun() {
    Map<String, Set<String>> told = new TreeMap<>();
    for (String text : texts(20_000, 0)) {
      String name = text.replaceAll("^Here is (\\w+)\\..*", "$1");
      String rest = text.substring(text.indexOf('.') + 1);
      Words.Name known =
          Words.names().stream().filter(n -> n.text().equals(name)).findFirst().orElseThrow();
      String pronoun = known.pronoun().equals("he") ? "He" : "She";
      assertThat(rest).contains(" " + pronoun + " ");
      assertThat(rest.split("\\."))
          .allMatch(s -> s.matches(" (%s|%s) .*".formatted(name, pronoun)));
      told.computeIfAbsent(name, n -> new HashSet<>())
          .addAll(List.of(rest.replace(".", "").split(" ")));
    }
    assertThat(told).hasSize(130);
    WorldFacts facts = new WorldFacts();
    for (PromptPair pair : facts.draw(Split.TEST, 650, 0)) {
      assertThat(told.get(pair.group().split("/")[0])).contains(pair.answer().strip());
    }
  }

  @Test
  void sayNothingInTheWordsOfATask() {
    String all = String.join("\n", texts(20_000, 1));
    for (PromptPair pair : new WorldFacts().draw(Split.TEST, 650, 0)) {
      assertThat(all).doesNotContain(pair.clean().text());
    }
    for (PromptPair pair : new GenderedPronoun().draw(Split.TEST, 300, 0)) {
      assertThat(all).doesNotContain(pair.clean().text());
    }
  }

  @Test
  void sameRandomNumbersSameTexts() {
    assertThat(texts(50, 3)).isEqualTo(texts(50, 3)).isNotEqualTo(texts(50, 4));
  }
}
