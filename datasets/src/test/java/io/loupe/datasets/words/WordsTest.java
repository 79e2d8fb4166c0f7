package io.loupe.datasets.words;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lists are what the tasks take them for. */
class WordsTest {
  private static void assertWords(List<String> words, int least) {
    assertThat(words).hasSizeGreaterThanOrEqualTo(least).doesNotHaveDuplicates();
    assertThat(words).allMatch(word -> word.matches("[A-Z]?[a-z]+"));
  }

  @Test
  void namesAreSingleWordsOfBothGenders() {
    assertWords(Words.names().stream().map(Words.Name::text).toList(), 100);
    assertThat(Words.names().stream().filter(name -> name.pronoun().equals("she")))
        .hasSize(Words.names().size() / 2);
    assertThat(Words.names()).allMatch(n -> n.pronoun().equals("he") || n.pronoun().equals("she"));
  }

  @Test
  void nounsHaveTwoNumbers() {
    List<Words.Noun> nouns = Words.nouns("person", "animal", "thing", "place");
    assertWords(nouns.stream().map(Words.Noun::singular).toList(), 200);
    assertWords(nouns.stream().map(Words.Noun::plural).toList(), 200);
    assertThat(nouns).noneMatch(noun -> noun.singular().equals(noun.plural()));
    assertThat(Words.nouns("animal"))
        .hasSizeGreaterThan(20)
        .allMatch(n -> n.kind().equals("animal"));
    assertThat(Words.withArticleA("thing", "place"))
        .contains("ring", "school")
        .doesNotContain("apple", "airport", "dog");
  }

  @Test
  void otherLists() {
    assertWords(Words.verbs().stream().map(Words.Verb::base).toList(), 80);
    assertThat(Words.verbs())
        .allMatch(v -> v.present().endsWith("s") && !v.past().equals(v.base()));
    assertWords(Words.countries().stream().map(Words.Country::name).toList(), 70);
    assertWords(Words.countries().stream().map(Words.Country::capital).toList(), 70);
    assertWords(Words.events(), 80);
    assertWords(Words.colours(), 10);
    assertWords(Words.opposites().stream().map(Words.WordPair::subject).toList(), 50);
    assertWords(Words.young().stream().map(Words.WordPair::subject).toList(), 15);
    assertWords(Words.jobs().stream().map(Words.WordPair::subject).toList(), 20);
    assertWords(Words.feelings().stream().map(Words.WordPair::subject).toList(), 50);
    assertThat(Words.feelings().stream().filter(f -> f.object().equals("positive"))).hasSize(26);
    assertThat(Words.feelings().stream().filter(f -> f.object().equals("negative"))).hasSize(26);
  }

  @Test
  void aMemberHasOneCategory() {
    List<String> members = new ArrayList<>();
    Words.categories().values().forEach(members::addAll);
    assertWords(members, 180);
    assertThat(Words.categories()).hasSizeGreaterThan(12);
    assertThat(Words.categories().values()).allMatch(of -> of.size() >= 10);
  }

  @Test
  void factsByHand() {
    assertThat(Words.countries())
        .contains(new Words.Country("France", "Paris", "Europe", "French"))
        .contains(new Words.Country("Peru", "Lima", "America", "Spanish"));
    assertThat(Words.verbs()).contains(new Words.Verb("catch", "catches", "caught"));
    assertThat(Words.nouns("person")).contains(new Words.Noun("child", "children", "person"));
    assertThat(Words.nouns("thing")).contains(new Words.Noun("knife", "knives", "thing"));
  }
}
