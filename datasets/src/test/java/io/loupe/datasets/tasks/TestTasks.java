package io.loupe.datasets.tasks;

import io.loupe.datasets.algorithm.BigramBackcopy;
import io.loupe.datasets.algorithm.Brackets;
import io.loupe.datasets.algorithm.Counting;
import io.loupe.datasets.algorithm.FlipFlop;
import io.loupe.datasets.algorithm.KeyValueRecall;
import io.loupe.datasets.algorithm.LdaTopics;
import io.loupe.datasets.algorithm.LinearRegression;
import io.loupe.datasets.algorithm.ModularAddition;
import io.loupe.datasets.algorithm.Parity;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.algorithm.Sorting;
import io.loupe.datasets.context.ManyShot;
import io.loupe.datasets.context.MultiDocument;
import io.loupe.datasets.context.Needle;
import io.loupe.datasets.context.NeedleKind;
import io.loupe.datasets.language.Agreement;
import io.loupe.datasets.language.Docstring;
import io.loupe.datasets.language.IndirectObject;
import io.loupe.datasets.language.ScrambledWords;
import io.loupe.datasets.language.Successor;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The tasks that are tested: those of the registry and others of other settings. */
final class TestTasks {
  private static final TextTokens WORDS = TextTokens.words();
  private static final List<TextTask> OTHER_SETTINGS =
      List.of(
          new IndirectObject(IndirectObject.Corruption.THIRD_NAME, WORDS),
          new IndirectObject(IndirectObject.Corruption.ABC, WORDS),
          new Docstring(Docstring.Corruption.DEFINITION, WORDS),
          new Docstring(Docstring.Corruption.DOCSTRING, WORDS),
          new Agreement(3, WORDS),
          new Successor(Set.of(Successor.Series.DAYS, Successor.Series.MONTHS), WORDS),
          new ManyShot(2, ManyShot.Corruption.LABELS, WORDS),
          new MultiDocument(4, 1, MultiDocument.Distractors.UNRELATED, WORDS),
          new MultiDocument(4, 4, MultiDocument.Distractors.SAME_JOB, WORDS),
          new Needle(NeedleKind.MANY_KEYS, 400, 1, 10, WORDS),
          new Needle(NeedleKind.LITERAL, 120, 0, WORDS),
          new ScrambledWords(0.4, WORDS));
  private static final List<Task<?>> SMALL =
      List.of(
          new RepeatedTokens(5, 6, 4),
          new KeyValueRecall(3, 3, 2, 2),
          new Brackets(7, Brackets.Corruption.ORDER),
          new Parity(7),
          new FlipFlop(7, 2, 1),
          new FlipFlop(6, 0, 0),
          new Counting(3, 5),
          new ModularAddition(11, new SplitShares(0.5, 0.25)),
          new Sorting(4, 4),
          new BigramBackcopy(2, 4, 2, 11, 3, 1),
          new BigramBackcopy(1, 3, 2, 6, 1, 1),
          new LdaTopics(3, 2, 2, 4));

  private TestTasks() {}

  static Stream<Task<?>> all() {
    return Stream.of(Tasks.all(), OTHER_SETTINGS, SMALL, List.of(new LinearRegression(1, 1, 0.5)))
        .flatMap(List::stream);
  }

  static Stream<TextTask> texts() {
    return Stream.concat(
        all().filter(TextTask.class::isInstance).map(TextTask.class::cast),
        Tasks.all().stream()
            .filter(TextTask.class::isInstance)
            .flatMap(
                task ->
                    Stream.of(TrimmedBpe.GPT2, SpacedDigits.APART).map(((TextTask) task)::with)));
  }

  /** Those that can be drawn to the last example in no time. */
  static Stream<Task<?>> small() {
    return Stream.concat(
        SMALL.stream(),
        Tasks.all().stream()
            .filter(task -> task.size().bitLength() < 16)
            .map(task -> (Task<?>) task));
  }
}
