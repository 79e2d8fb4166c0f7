package io.loupe.datasets.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What each task asks and changes, read off its texts. */
class LanguageTasksTest {
  private static List<PromptPair> some(TextTask task) {
    List<PromptPair> pairs = new ArrayList<>();
    for (Split split : Split.values()) {
      int count = task.size(split).min(BigInteger.valueOf(200)).intValueExact();
      pairs.addAll(task.draw(split, count, 11));
    }
    return pairs;
  }

  private static void assertChanges(PromptPair pair, String... spans) {
    assertThat(pair.changed()).as(pair.clean().text()).containsExactlyInAnyOrder(spans);
  }

  private static String of(PromptPair pair, String span) {
    return pair.clean().textOf(span);
  }

  private static String corrupted(PromptPair pair, String span) {
    return pair.corrupted().textOf(span);
  }

  @Test
  void indirectObject() {
    for (IndirectObject.Corruption corruption : IndirectObject.Corruption.values()) {
      IndirectObject task = new IndirectObject(corruption, TextTokens.words());
      List<PromptPair> pairs = some(task);
      for (PromptPair pair : pairs) {
        assertThat(of(pair, "S1")).isEqualTo(of(pair, "S2")).isNotEqualTo(of(pair, "IO"));
        assertThat(pair.answer()).isEqualTo(" " + of(pair, "IO"));
        assertThat(pair.wrong()).isEqualTo(" " + of(pair, "S1"));
        assertThat(pair.clean().text()).endsWith(" to");
        List<String> names =
            List.of(corrupted(pair, "IO"), corrupted(pair, "S1"), corrupted(pair, "S2"));
        switch (corruption) {
          case SWAPPED_SUBJECT -> {
            assertChanges(pair, "S2");
            assertThat(names.get(2)).isEqualTo(of(pair, "IO"));
          }
          case THIRD_NAME -> {
            assertChanges(pair, "S2");
            assertThat(names).doesNotHaveDuplicates();
          }
          case ABC -> {
            assertChanges(pair, "IO", "S1", "S2");
            assertThat(names)
                .doesNotHaveDuplicates()
                .doesNotContain(of(pair, "IO"), of(pair, "S1"));
          }
        }
      }
      long abba =
          pairs.stream()
              .filter(p -> p.clean().span("IO").start() < p.clean().span("S1").start())
              .count();
      assertThat(abba).as("half of 600 are ABBA").isBetween(240L, 360L);
      Set<String> sentences = pairs.stream().map(p -> form(p.clean())).collect(Collectors.toSet());
      assertThat(sentences).as("15 sentences, ABBA and BABA").hasSize(30);
    }
    // pairs of 130 names, two orders of roles, 30 sentences, 50 places, objects
    int objects = Words.withArticleA("thing").size();
    assertThat(new IndirectObject().size())
        .isEqualTo(BigInteger.valueOf(130L * 129 / 2 * 2 * 30 * 50 * objects));
  }

  /** The sentence with the names of its spans in place of their texts. */
  private static String form(Prompt prompt) {
    StringBuilder text = new StringBuilder(prompt.text());
    for (int i = prompt.spans().size() - 1; i >= 0; i--) {
      var span = prompt.spans().get(i);
      text.replace(span.start(), span.end(), "{" + span.name() + "}");
    }
    return text.toString();
  }

  @Test
  void greaterThan() {
    List<PromptPair> pairs = some(new GreaterThan());
    for (PromptPair pair : pairs) {
      assertChanges(pair, "YY");
      assertThat(corrupted(pair, "YY")).isEqualTo("01");
      int ending = Integer.parseInt(of(pair, "YY"));
      assertThat(ending).isBetween(2, 98);
      assertThat(pair.answers()).hasSize(99 - ending).allMatch(a -> Integer.parseInt(a) > ending);
      assertThat(pair.wrongs()).hasSize(ending).allMatch(a -> Integer.parseInt(a) <= ending);
      assertThat(pair.clean().text())
          .matches("The " + pair.group() + " lasted from the year (\\d\\d)\\d\\d to the year \\1");
      assertThat(pair.answers()).allMatch(a -> a.length() == 2);
    }
    // 90 events, 7 centuries, 97 endings
    assertThat(new GreaterThan().size()).isEqualTo(BigInteger.valueOf(90 * 7 * 97));
  }

  @Test
  void pronoun() {
    Map<String, String> pronouns =
        Words.names().stream().collect(Collectors.toMap(Words.Name::text, Words.Name::pronoun));
    for (PromptPair pair : some(new GenderedPronoun())) {
      assertChanges(pair, "name");
      assertThat(pair.answer()).isEqualTo(" " + pronouns.get(of(pair, "name")));
      assertThat(pair.wrong()).isEqualTo(" " + pronouns.get(corrupted(pair, "name")));
      assertThat(pair.group()).isEqualTo(of(pair, "name"));
    }
  }

  @Test
  void agreement() {
    Set<String> singulars =
        Words.nouns("person", "animal", "thing", "place").stream()
            .map(Words.Noun::singular)
            .collect(Collectors.toSet());
    int agreeing = 0;
    for (PromptPair pair : some(new Agreement(2, TextTokens.words()))) {
      assertChanges(pair, "subject");
      boolean singular = singulars.contains(of(pair, "subject"));
      assertThat(pair.answers()).contains(singular ? " is" : " are").hasSize(3);
      assertThat(pair.wrongs()).contains(singular ? " are" : " is").hasSize(3);
      assertThat(singulars.contains(corrupted(pair, "subject"))).isEqualTo(!singular);
      assertThat(pair.clean().text()).endsWith(of(pair, "distractor2"));
      agreeing += singulars.contains(of(pair, "distractor2")) == singular ? 1 : 0;
    }
    assertThat(agreeing).as("distractors of both numbers among 600").isBetween(240, 360);
    assertMistake(() -> new Agreement(0, TextTokens.words()), "1 to 4 distractors, got 0");
  }

  @Test
  void colouredObjects() {
    for (PromptPair pair : some(new ColouredObjects())) {
      assertChanges(pair, "asked");
      assertThat(pair.answer()).isEqualTo(" " + colourOf(pair, of(pair, "asked")));
      assertThat(pair.wrong()).isEqualTo(" " + colourOf(pair, corrupted(pair, "asked")));
      assertThat(pair.wrongs()).hasSize(2);
    }
  }

  private static String colourOf(PromptPair pair, String object) {
    int place =
        IntStream.rangeClosed(1, 3).filter(i -> of(pair, "object" + i).equals(object)).sum();
    return of(pair, "colour" + place);
  }

  @Test
  void docstring() {
    for (Docstring.Corruption corruption : Docstring.Corruption.values()) {
      for (PromptPair pair : some(new Docstring(corruption, TextTokens.words()))) {
        assertThat(pair.answer()).isEqualTo(" " + of(pair, "def3"));
        assertThat(of(pair, "doc1")).isEqualTo(of(pair, "def1"));
        assertThat(of(pair, "doc2")).isEqualTo(of(pair, "def2"));
        assertThat(pair.clean().text()).endsWith("\n    :param");
        switch (corruption) {
          case ANSWER -> {
            assertChanges(pair, "def3");
            assertThat(pair.wrong()).isEqualTo(" " + corrupted(pair, "def3"));
          }
          case DEFINITION -> assertChanges(pair, "def1", "def2", "def3", "def4");
          case DOCSTRING -> assertChanges(pair, "doc1", "doc2");
        }
      }
    }
  }

  @Test
  void successor() {
    List<String> days = List.of("Saturday", "Sunday", "Monday", "Tuesday");
    Successor task = new Successor(Set.of(Successor.Series.DAYS), TextTokens.words());
    assertThat(task.size()).as("7 starts in 6 sentences").isEqualTo(BigInteger.valueOf(42));
    List<PromptPair> pairs = some(task);
    assertThat(pairs)
        .anyMatch(
            p ->
                p.clean().text().contains("Saturday, Sunday, Monday,")
                    && p.answer().equals(" " + days.get(3)));
    // 96 numbers, 17 number words, 9 ordinals, 7 days, 12 months, 23 letters
    assertThat(new Successor().size())
        .isEqualTo(BigInteger.valueOf(6L * (96 + 17 + 9 + 7 + 12 + 23)));
    for (PromptPair pair :
        some(new Successor(Set.of(Successor.Series.NUMBERS), TextTokens.words()))) {
      int first = Integer.parseInt(of(pair, "first"));
      assertThat(of(pair, "second")).isEqualTo("" + (first + 1));
      assertThat(of(pair, "third")).isEqualTo("" + (first + 2));
      assertThat(pair.answer()).isEqualTo(" " + (first + 3));
      assertThat(pair.wrong()).isEqualTo(" " + (Integer.parseInt(corrupted(pair, "first")) + 3));
      assertThat(pair.changed()).contains("first", "second", "third");
    }
  }

  @Test
  void relations() {
    for (Relation relation : Relation.values()) {
      Map<String, String> facts =
          relation.facts().stream()
              .collect(Collectors.toMap(Words.WordPair::subject, Words.WordPair::object));
      RelationTask task = new RelationTask(relation);
      assertThat(task.size()).isEqualTo(BigInteger.valueOf(3L * facts.size()));
      for (PromptPair pair : some(task)) {
        assertChanges(pair, "subject");
        assertThat(pair.answer()).isEqualTo(" " + facts.get(of(pair, "subject")));
        assertThat(pair.wrong()).isEqualTo(" " + facts.get(corrupted(pair, "subject")));
      }
    }
    assertThat(some(new RelationTask(Relation.CAPITAL)))
        .anyMatch(
            p ->
                p.clean().text().equals("The capital of France is") && p.answer().equals(" Paris"));
  }

  @Test
  void oneToMany() {
    for (PromptPair pair : some(new OneToMany())) {
      assertChanges(pair, "category", "first", "second");
      List<String> members = Words.categories().get(of(pair, "category"));
      assertThat(pair.answers())
          .hasSize(members.size() - 2)
          .allMatch(answer -> members.contains(answer.strip()))
          .doesNotContain(" " + of(pair, "first"), " " + of(pair, "second"));
      List<String> others = Words.categories().get(corrupted(pair, "category"));
      assertThat(others).contains(pair.wrong().strip(), corrupted(pair, "first"));
      assertThat(pair.wrongs()).endsWith(" " + of(pair, "first"), " " + of(pair, "second"));
    }
  }

  @Test
  void arithmetic() {
    for (PromptPair pair : some(new Arithmetic())) {
      assertChanges(pair, "b");
      assertThat(pair.answer()).isEqualTo(" " + result(pair.clean()));
      assertThat(pair.wrong()).isEqualTo(" " + result(pair.corrupted()));
    }
  }

  private static int result(Prompt prompt) {
    int a = Integer.parseInt(prompt.textOf("a"));
    int b = Integer.parseInt(prompt.textOf("b"));
    Map<String, Integer> results = Map.of("+", a + b, "-", a - b, "x", a * b);
    return results.get(prompt.textOf("operator"));
  }

  @Test
  void scrambledWords() {
    for (double share : new double[] {0.3, 1}) {
      double moved = 0;
      List<PromptPair> pairs = some(new ScrambledWords(share, TextTokens.words()));
      for (PromptPair pair : pairs) {
        assertChanges(pair, "scrambled");
        String word = pair.answer().strip();
        String scrambled = of(pair, "scrambled");
        assertThat(letters(scrambled)).isEqualTo(letters(word));
        assertThat(scrambled).isNotEqualTo(word).startsWith(word.substring(0, 1));
        assertThat(scrambled).endsWith(word.substring(word.length() - 1));
        assertThat(letters(corrupted(pair, "scrambled"))).isEqualTo(letters(pair.wrong().strip()));
        moved +=
            IntStream.range(0, word.length())
                    .filter(i -> word.charAt(i) != scrambled.charAt(i))
                    .count()
                / (word.length() - 2.0);
      }
      assertThat(moved / pairs.size()).isBetween(share * 0.8, share + 0.3);
    }
    assertMistake(() -> new ScrambledWords(0, TextTokens.words()), "got 0.0");
  }

  private static String letters(String word) {
    return Arrays.stream(word.split("")).sorted().collect(Collectors.joining());
  }

  @Test
  void longerAnswersAreLeftOutForATokenizerThatSplitsThem() {
    // cuts names that begin with J
    TextTokens splitsJ = text -> TextTokens.words().ids(text.replaceAll(" J([a-z])", " J'$1"));
    IndirectObject task = new IndirectObject(IndirectObject.Corruption.ABC, splitsJ);
    List<String> names = Words.names().stream().map(Words.Name::text).toList();
    long kept = names.stream().filter(name -> !name.startsWith("J")).count();
    assertThat(kept).isLessThan(names.size());
    assertThat(task.size())
        .isEqualTo(
            new IndirectObject()
                .size()
                .divide(BigInteger.valueOf(130 * 129 / 2))
                .multiply(BigInteger.valueOf(kept * (kept - 1) / 2)));
    Function<Prompt, String> text = Prompt::text;
    assertThat(some(task))
        .extracting(p -> text.apply(p.corrupted()))
        .noneMatch(t -> t.contains(" J"));
  }

  private static void assertMistake(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(message);
  }
}
