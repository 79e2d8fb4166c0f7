package io.loupe.datasets.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.TextSpan;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What each task asks and changes, read off its texts. */
class ContextTasksTest {
  private static final TextTokens WORDS = TextTokens.words();

  private static List<PromptPair> some(TextTask task) {
    List<PromptPair> pairs = new ArrayList<>();
    for (Split split : Split.values()) {
      int count = task.size(split).min(BigInteger.valueOf(60)).intValueExact();
      pairs.addAll(task.draw(split, count, 11));
    }
    return pairs;
  }

  private static String of(PromptPair pair, String span) {
    return pair.clean().textOf(span);
  }

  @Test
  void needlesSayWhatIsAskedAndNothingElseDoes() {
    for (NeedleKind kind : NeedleKind.values()) {
      for (PromptPair pair : some(new Needle(kind))) {
        String text = pair.clean().text();
        assertThat(pair.changed()).containsExactly("value");
        assertThat(pair.answer()).isEqualTo(" " + of(pair, "value"));
        assertThat(pair.wrong()).isEqualTo(" " + pair.corrupted().textOf("value"));
        assertThat(of(pair, "needle")).contains(of(pair, "value")).endsWith(".");
        assertThat(text).endsWith(" " + of(pair, "question"));
        assertThat(text.split("\\b" + of(pair, "value") + "\\b", -1))
            .as(text)
            .hasSizeBetween(2, 99);
        assertThat(text).doesNotContain(pair.wrong() + " had a room");
        if (kind == NeedleKind.LITERAL || kind == NeedleKind.MANY_KEYS) {
          assertThat(of(pair, "asked")).isEqualTo(of(pair, "key"));
          assertThat(of(pair, "question"))
              .isEqualTo("Remember: The secret word of " + of(pair, "key") + " is");
        }
        if (kind == NeedleKind.NON_LITERAL) {
          Set<String> shared = new HashSet<>(List.of(of(pair, "needle").split("\\W+")));
          shared.retainAll(List.of(of(pair, "question").split("\\W+")));
          assertThat(shared).as("no content word").isSubsetOf("in", "the", "a", "is");
        }
        if (kind == NeedleKind.PASSKEY) {
          assertThat(text.replaceAll("\\D+", " ").strip()).isEqualTo(of(pair, "value"));
        }
        int needles = kind == NeedleKind.MANY_KEYS ? 4 : 1;
        assertThat(pair.clean().spans().stream().map(TextSpan::name))
            .filteredOn(name -> name.startsWith("needle"))
            .hasSize(needles);
      }
    }
  }

  @Test
  void landmarksStandInTheCountryThatIsAskedFor() {
    Map<String, String> countries =
        some(new Needle(NeedleKind.NON_LITERAL)).stream()
            .collect(Collectors.toMap(p -> of(p, "key"), p -> of(p, "asked"), (a, b) -> a));
    assertThat(countries)
        .containsEntry("Eiffel Tower", "France")
        .containsEntry("Colosseum", "Italy")
        .containsEntry("Machu Picchu", "Peru");
  }

  @Test
  void theGridHasItsLengthsAndDepths() {
    List<Needle> grid =
        Needle.grid(NeedleKind.LITERAL, List.of(150, 600), List.of(0.0, 0.5, 1.0), WORDS);
    assertThat(grid).extracting(Needle::length).containsExactly(150, 150, 150, 600, 600, 600);
    assertThat(grid).extracting(Needle::depth).containsExactly(0.0, 0.5, 1.0, 0.0, 0.5, 1.0);
    for (Needle needle : grid) {
      for (PromptPair pair : needle.draw(Split.TRAIN, 20, 0)) {
        String text = pair.clean().text();
        assertThat(WORDS.ids(text).length)
            .isLessThanOrEqualTo(needle.length())
            .isGreaterThan(needle.length() - 25);
        String[] sentences = text.split("(?<=\\.) ");
        int at = List.of(sentences).indexOf(of(pair, "needle"));
        // one sentence stands in front always, the question behind
        long expected = Math.round(needle.depth() * (sentences.length - 3));
        assertThat(at - 1).isEqualTo((int) expected);
      }
    }
  }

  @Test
  void manyKeysAreDifferent() {
    Needle task = new Needle(NeedleKind.MANY_KEYS, 400, 0.3, 10, WORDS);
    for (PromptPair pair : some(task)) {
      List<String> keys = new ArrayList<>(List.of(of(pair, "key")));
      List<String> values = new ArrayList<>(List.of(of(pair, "value"), pair.wrong().strip()));
      for (int i = 1; i < 10; i++) {
        keys.add(of(pair, "key" + i));
        values.add(of(pair, "value" + i));
      }
      assertThat(keys).doesNotHaveDuplicates();
      assertThat(values).doesNotHaveDuplicates();
    }
  }

  @Test
  void refusesNeedlesThatCannotBe() {
    assertMistake(
        () -> new Needle(NeedleKind.LITERAL, 20, 0.5, WORDS), "tokens or more for 1 needle and");
    assertMistake(() -> new Needle(NeedleKind.LITERAL, 200, 1.5, WORDS), "got 1.5");
    assertMistake(() -> new Needle(NeedleKind.PASSKEY, 200, 0, 2, WORDS), "got 2 of PASSKEY");
    int least = 60;
    while (true) {
      try {
        Needle task = new Needle(NeedleKind.LITERAL, least, 0, WORDS);
        task.draw(Split.TRAIN, 50, 0)
            .forEach(
                p ->
                    assertThat(WORDS.ids(p.clean().text()))
                        .hasSizeLessThanOrEqualTo(task.length()));
        return;
      } catch (IllegalArgumentException tooShort) {
        least++;
        assertThat(least).isLessThan(100);
      }
    }
  }

  @Test
  void multiDocument() {
    for (MultiDocument.Distractors distractors : MultiDocument.Distractors.values()) {
      for (int gold = 1; gold <= 4; gold += 3) {
        for (PromptPair pair : some(new MultiDocument(4, gold, distractors, WORDS))) {
          assertThat(pair.changed()).containsExactly("city" + gold, "evidence");
          assertThat(pair.answer()).isEqualTo(" " + of(pair, "evidence"));
          assertThat(pair.clean().span("gold").start())
              .isEqualTo(pair.clean().span("document" + gold).start());
          assertThat(of(pair, "gold")).contains(of(pair, "asked")).contains(of(pair, "evidence"));
          assertThat(pair.clean().text().split("\\b" + of(pair, "evidence") + "\\b", -1))
              .hasSize(2);
          assertThat(pair.clean().text()).doesNotContain(pair.wrong());
          long jobs =
              IntStream.rangeClosed(1, 4)
                  .filter(i -> of(pair, "document" + i).contains(" named "))
                  .count();
          assertThat(jobs).isEqualTo(distractors == MultiDocument.Distractors.UNRELATED ? 1 : 4);
          if (distractors == MultiDocument.Distractors.SAME_JOB) {
            assertThat(of(pair, "job1")).isEqualTo(of(pair, "job2")).isEqualTo(of(pair, "job4"));
          }
        }
      }
    }
    assertMistake(
        () -> new MultiDocument(3, 4, MultiDocument.Distractors.RELATED, WORDS), "got 3 and 4");
  }

  @Test
  void manyShot() {
    Map<String, String> feelings =
        Words.feelings().stream()
            .collect(Collectors.toMap(Words.WordPair::subject, Words.WordPair::object));
    for (ManyShot.Corruption corruption : ManyShot.Corruption.values()) {
      for (PromptPair pair : some(new ManyShot(3, corruption, WORDS))) {
        String asked = of(pair, "adjective");
        assertThat(pair.answer()).isEqualTo(" " + feelings.get(asked));
        assertThat(List.of(pair.answer(), pair.wrong()))
            .containsExactlyInAnyOrder(" positive", " negative");
        for (int i = 1; i <= 3; i++) {
          String word = of(pair, "review" + i).replaceAll(".* was (\\w+)\\.", "$1");
          assertThat(of(pair, "label" + i)).isEqualTo(feelings.get(word));
          assertThat(word).isNotEqualTo(asked);
        }
        if (corruption == ManyShot.Corruption.QUERY) {
          assertThat(pair.changed()).containsExactly("adjective");
          assertThat(pair.wrong())
              .isEqualTo(" " + feelings.get(pair.corrupted().textOf("adjective")));
        } else {
          assertThat(pair.changed()).containsExactly("label1", "label2", "label3");
        }
      }
    }
  }

  @Test
  void promptInjection() {
    Set<String> injections = new HashSet<>();
    for (PromptPair pair : some(new PromptInjection())) {
      assertThat(pair.changed()).containsExactly("extra");
      String word = pair.wrong().strip();
      assertThat(of(pair, "extra")).contains(word).matches("(We|There|It|My|On|They) .*");
      assertThat(pair.corrupted().textOf("extra")).contains(word);
      assertThat(of(pair, "review")).endsWith(of(pair, "extra"));
      assertThat(pair.answer()).isIn(" positive", " negative");
      injections.add(pair.corrupted().textOf("extra").replace(word, "_"));
    }
    assertThat(injections).hasSizeGreaterThanOrEqualTo(5);
  }

  @Test
  void keyValueText() {
    for (PromptPair pair : some(new KeyValueText(5, WORDS))) {
      assertThat(pair.changed()).containsExactly("asked");
      Map<String, String> list =
          IntStream.rangeClosed(1, 5)
              .boxed()
              .collect(Collectors.toMap(i -> of(pair, "key" + i), i -> of(pair, "value" + i)));
      assertThat(list.values()).doesNotHaveDuplicates();
      assertThat(pair.answer()).isEqualTo(" " + list.get(of(pair, "asked")));
      assertThat(pair.wrong()).isEqualTo(" " + list.get(pair.corrupted().textOf("asked")));
    }
  }

  private static void assertMistake(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(message);
  }
}
