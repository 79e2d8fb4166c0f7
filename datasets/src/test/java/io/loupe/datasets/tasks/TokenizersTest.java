package io.loupe.datasets.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.task.Pair;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a task does with the tokenizers that there are, and with those that it cannot use. */
class TokenizersTest {
  private static final TextTokens WORDS = TextTokens.words();
  private static final TextTokens HALVES =
      text -> text.chars().asLongStream().flatMap(c -> LongStream.of(c >> 4, c & 15)).toArray();

  static Stream<TextTask> texts() {
    return Tasks.all().stream().filter(TextTask.class::isInstance).map(TextTask.class::cast);
  }

  @ParameterizedTest
  @MethodSource("texts")
  void refusesATokenizerThatSplitsEveryAnswer(TextTask task) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> task.with(HALVES))
        .withMessageContaining("Task '" + task.name() + "' needs")
        .withMessageMatching("(?s).*keeps 0 of \\d+ \\('.+' is \\d+ tokens.*\\).*")
        .withMessageContaining("another model's tokenizer");
  }

  @ParameterizedTest
  @MethodSource("texts")
  void refusesATokenizerThatAddsSomethingBehind(TextTask task) {
    TextTokens end =
        text -> LongStream.concat(LongStream.of(WORDS.ids(text)), LongStream.of(-1)).toArray();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> task.with(end))
        .withMessageContaining("merged with what stands before it");
  }

  @ParameterizedTest
  @MethodSource("texts")
  void aTokenInFrontChangesNothing(TextTask task) {
    TextTokens begin =
        text -> LongStream.concat(LongStream.of(-1), LongStream.of(WORDS.ids(text))).toArray();
    assertThat(task.with(begin).draw(Split.TEST, 1, 4)).isEqualTo(task.draw(Split.TEST, 1, 4));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void aTokenizerMovesNoGroupToAnotherSplit(TextTask task) {
    TextTask cut = task.with(TrimmedBpe.GPT2);
    Map<String, Split> splits = new HashMap<>();
    for (TextTask either : List.of(task, cut)) {
      for (Split split : Split.values()) {
        for (PromptPair pair : either.draw(split, EveryTaskTest.count(either, split), 8)) {
          assertThat(splits.merge(pair.group(), split, (a, b) -> a)).isEqualTo(split);
        }
      }
    }
  }

  @Test
  void aTokenizerThatCutsOneTextOtherwiseIsRefusedWhenDrawn() {
    // one token more in some texts that are longer than what is looked at beforehand
    TextTokens odd =
        text ->
            text.length() > 30 && text.contains("Mary")
                ? LongStream.concat(LongStream.of(7), LongStream.of(WORDS.ids(text))).toArray()
                : WORDS.ids(text);
    TextTask task = Tasks.text("pronoun", odd);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> {
              for (Split split : Split.values()) {
                task.draw(split, 1000, 0);
              }
            })
        .withMessageContaining("Task 'pronoun': this tokenizer cuts words differently")
        .withMessageContaining("Mary");
  }

  @Test
  void theSpaceBeforeANumberThatIsKeptApartBelongsToThePrompt() {
    TextTask task = Tasks.text("key-value");
    TextTask apart = task.with(SpacedDigits.APART);
    assertThat(apart.size()).isEqualTo(task.size());
    PromptPair pair = task.draw(Split.TEST, 1, 0).get(0);
    PromptPair same = apart.draw(Split.TEST, 1, 0).get(0);
    assertThat(same.clean().text()).isEqualTo(pair.clean().text() + " ");
    assertThat(same.corrupted().text()).isEqualTo(pair.corrupted().text() + " ");
    assertThat(" " + same.answer()).isEqualTo(pair.answer());
    assertThat(same.clean().spans()).isEqualTo(pair.clean().spans());
    // names are as before
    assertThat(Tasks.text("ioi", SpacedDigits.APART).draw(Split.TEST, 5, 0))
        .isEqualTo(Tasks.text("ioi").draw(Split.TEST, 5, 0));
  }

  @Test
  void greaterThanTakesTheLeastEndingThatThereIs() {
    // zeros are kept apart, so 01 is no token
    TextTokens noZeros = text -> WORDS.ids(text.replace("0", "~"));
    List<PromptPair> pairs = Tasks.text("greater-than", noZeros).draw(Split.TRAIN, 200, 0);
    assertThat(pairs).allMatch(pair -> pair.corrupted().textOf("YY").equals("11"));
    assertThat(pairs).allMatch(pair -> Integer.parseInt(pair.clean().textOf("YY")) > 11);
  }

  @Test
  void wordsAreCutIntoWordsAndPairsOfDigits() {
    assertThat(WORDS.ids("So Mary, in 1732:\n x")).hasSize(9);
    assertThat(WORDS.ids(" Mary")).isEqualTo(new long[] {WORDS.ids("So Mary")[1]});
    assertThat(WORDS.ids("Mary")).isNotEqualTo(WORDS.ids(" Mary"));
    assertThat(WORDS.single("the year 17", "32")).isPresent();
    assertThat(WORDS.single("the year", " 1732")).isEmpty();
    assertThat(WORDS.single("so", "me")).isEmpty();
    assertThat(WORDS.continuation("so", "me")).isNull();
  }

  @Test
  void theTrimmedVocabularyCutsAsGpt2Does() {
    assertThat(TrimmedBpe.GPT2.tokens("The war lasted from the year 1732 to the year 17"))
        .containsExactly(
            "The", "Ġwar", "Ġlasted", "Ġfrom", "Ġthe", "Ġyear", "Ġ17", "32", "Ġto", "Ġthe", "Ġyear",
            "Ġ17");
    assertThat(TrimmedBpe.GPT2.tokens("and Mary and Reykjavik"))
        .containsExactly("and", "ĠMary", "Ġand", "ĠRey", "kj", "av", "ik");
  }

  @Test
  void everyPairHasItsCleanAndCorruptedText() {
    List<PromptPair> pairs = Tasks.text("ioi").draw(Split.TEST, 3, 0);
    assertThat(Pair.cleanOf(pairs)).hasSize(3);
    assertThat(
            Tasks.text("greater-than")
                .idsOf(
                    Tasks.text("greater-than").draw(Split.TEST, 1, 0).get(0), List.of("99", "98")))
        .hasSize(2)
        .doesNotHaveDuplicates();
  }
}
