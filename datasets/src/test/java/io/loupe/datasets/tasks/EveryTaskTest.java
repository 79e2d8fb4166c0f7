package io.loupe.datasets.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Pair;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.task.VectorPair;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every task. */
class EveryTaskTest {
  private static final int SOME = 150;

  static Stream<Task<?>> tasks() {
    return TestTasks.all();
  }

  /** Every text task for words and for the trimmed vocabulary of a real model. */
  static Stream<TextTask> texts() {
    return TestTasks.texts();
  }

  static Stream<Task<?>> small() {
    return TestTasks.small();
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void drawsTheSameForTheSameSeed(Task<?> task) {
    int count = count(task, Split.TRAIN);
    assertThat(task.draw(Split.TRAIN, count, 5)).isEqualTo(task.draw(Split.TRAIN, count, 5));
    int fewer = (count + 1) / 2;
    assertThat(task.draw(Split.TRAIN, fewer, 5))
        .as("a shorter draw begins a longer one")
        .isEqualTo(task.draw(Split.TRAIN, count, 5).subList(0, fewer));
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void drawsOthersForAnotherSeed(Task<?> task) {
    int count = Math.min(20, count(task, Split.TRAIN));
    assertThat(task.draw(Split.TRAIN, count, 5)).isNotEqualTo(task.draw(Split.TRAIN, count, 6));
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void repeatsNoCleanInputWithinOrAcrossSplits(Task<?> task) {
    Set<Object> seen = new HashSet<>();
    int total = 0;
    for (Split split : Split.values()) {
      int count = count(task, split);
      assertThat(count).as("%s", split).isPositive();
      for (Pair<?> pair : task.draw(split, count, 3)) {
        assertThat(pair.split()).isEqualTo(split);
        seen.add(pair.clean() instanceof Prompt p ? p.text() : pair.clean());
        total++;
      }
    }
    assertThat(seen).hasSize(total);
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void keepsAGroupInOneSplit(Task<?> task) {
    Map<String, Split> splits = new HashMap<>();
    for (Split split : Split.values()) {
      for (Pair<?> pair : task.draw(split, count(task, split), 3)) {
        if (!pair.group().isEmpty()) {
          assertThat(splits.merge(pair.group(), split, (a, b) -> a))
              .as(pair.group())
              .isEqualTo(split);
        } else {
          assertThat(pair).isNotInstanceOf(PromptPair.class);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void refusesMoreThanThereAre(Task<?> task) {
    BigInteger size = task.size(Split.TEST);
    assertThat(task.size())
        .isEqualTo(
            Stream.of(Split.values()).map(task::size).reduce(BigInteger.ZERO, BigInteger::add));
    if (size.bitLength() < 31) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> task.draw(Split.TEST, size.intValueExact() + 1, 0))
          .withMessageContaining("has " + size + " different examples in split TEST")
          .withMessageContaining(task.name());
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> task.draw(Split.TEST, 0, 0))
        .withMessageContaining("at least one");
  }

  @ParameterizedTest
  @MethodSource("small")
  void drawsExactlyAsManyAsItSays(Task<?> task) {
    Set<Object> seen = new HashSet<>();
    int total = 0;
    for (Split split : Split.values()) {
      int size = task.size(split).intValueExact();
      task.draw(split, size, 1)
          .forEach(pair -> seen.add(pair.clean() instanceof Prompt p ? p.text() : pair.clean()));
      total += size;
    }
    assertThat(seen).as(task.name()).hasSize(total);
  }

  @ParameterizedTest
  @MethodSource("texts")
  void pairsOfTextsAreAlignedAndAnsweredByOneToken(TextTask task) {
    TextTokens tokens = task.tokens();
    for (Split split : Split.values()) {
      List<PromptPair> pairs = task.draw(split, Math.min(60, count(task, split)), 7);
      long[] answers = task.answerIds(pairs);
      long[] wrongs = task.wrongIds(pairs);
      for (int i = 0; i < pairs.size(); i++) {
        PromptPair pair = pairs.get(i);
        String clean = pair.clean().text();
        long[] ids = tokens.ids(clean);
        assertThat(tokens.ids(pair.corrupted().text())).as(clean).hasSameSizeAs(ids);
        for (String answer : pair.answers()) {
          assertThat(tokens.ids(clean + answer)).as(clean + answer).hasSize(ids.length + 1);
        }
        for (String wrong : pair.wrongs()) {
          assertThat(tokens.ids(clean + wrong)).as(clean + wrong).hasSize(ids.length + 1);
        }
        assertThat(answers[i]).isEqualTo(tokens.ids(clean + pair.answer())[ids.length]);
        assertThat(wrongs[i]).isEqualTo(tokens.ids(clean + pair.wrong())[ids.length]);
        assertThat(answers[i]).isNotEqualTo(wrongs[i]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("texts")
  void textsDifferInsideTheChangedSpansOnly(TextTask task) {
    for (PromptPair pair : task.draw(Split.TRAIN, Math.min(60, count(task, Split.TRAIN)), 2)) {
      assertThat(pair.changed()).isNotEmpty();
      assertThat(gaps(pair.clean(), pair.changed()))
          .isEqualTo(gaps(pair.corrupted(), pair.changed()));
      assertThat(pair.clean().text()).isNotEqualTo(pair.corrupted().text()).doesNotContain("  ,");
      assertThat(pair.clean().text().endsWith(" "))
          .isNotEqualTo(pair.answer().startsWith(" ") || task.name().equals("greater-than"));
      assertThat(pair.clean().text()).doesNotContain("{").doesNotContain("%s");
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void idsDifferInsideSpansOnlyAndLabelsAreThere(Task<?> task) {
    for (Pair<?> any : task.draw(Split.TRAIN, count(task, Split.TRAIN), 2)) {
      if (any instanceof IdPair pair) {
        IdSequence clean = pair.clean();
        assertThat(pair.corrupted().ids()).hasSameSizeAs(clean.ids());
        assertThat(pair.differing()).isNotEmpty();
        for (int i : pair.differing()) {
          assertThat(clean.spans()).anyMatch(s -> s.start() == i && s.end() == i + 1);
        }
        assertThat(pair.answer()).isNotEqualTo(pair.wrong());
        assertThat(clean.labels()).extracting("position").contains(pair.position());
      }
      if (any instanceof VectorPair pair) {
        assertThat(pair.clean().answer()).isNotEqualTo(pair.corrupted().answer());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void saysWhatItIs(Task<?> task) {
    assertThat(task.description()).contains("?").contains("orrupted").endsWith(".");
    assertThat(task.source()).containsPattern("20\\d\\d");
    assertThat(Tasks.named(task.name()).name()).isEqualTo(task.name());
    assertThat(task).asString().startsWith(task.name() + ": ").contains(task.size().toString());
  }

  static int count(Task<?> task, Split split) {
    return task.size(split).min(BigInteger.valueOf(SOME)).intValueExact();
  }

  private static String gaps(Prompt prompt, List<String> names) {
    StringBuilder text = new StringBuilder(prompt.text());
    names.stream()
        .map(name -> new TextSpan("gap", prompt.span(name).start(), prompt.span(name).end()))
        .distinct()
        .sorted(Comparator.comparing(TextSpan::start).reversed())
        .forEach(span -> text.replace(span.start(), span.end(), "_"));
    return text.toString();
  }
}
