package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.TaskInfo;
import java.util.ArrayList;
import java.util.List;

/** Prompts that show what the compiled models do. */
final class CompiledPrompts {
  private static final String TRACR =
      "Lindner et al. 2023, Tracr: Compiled Transformers as a Laboratory for Interpretability";

  private CompiledPrompts() {}

  /** {@code <s>}, different letters, and one of them, but not the last, once more. */
  static Task<IdPair> induction(String name, int letters, int length) {
    return new CompiledTask(
        new TaskInfo(
            name,
            "What followed the last token when it stood there before? Corrupted: other letters.",
            TRACR),
        choices -> {
          List<Integer> ids = new ArrayList<>(List.of(letters));
          for (int letter : choices.distinct(letters, length - 2)) {
            ids.add(letter);
          }
          ids.add(ids.get(1 + choices.below(length - 3)));
          return ids;
        },
        ids -> CompiledFunctions.induction(ids, letters),
        1);
  }

  /** {@code <s>} and numbers. */
  static Task<IdPair> previousTokenSum(String name, int largest, int length) {
    int numbers = 2 * largest + 1;
    return new CompiledTask(
        new TaskInfo(
            name, "What is the sum of the last two numbers? Corrupted: other numbers.", TRACR),
        choices -> {
          List<Integer> ids = new ArrayList<>(List.of(numbers));
          ids.addAll(drawn(choices, largest + 1, length - 1));
          return ids;
        },
        ids -> CompiledFunctions.previousTokenSum(ids, numbers),
        1);
  }

  /** Digits, and the first few of them in order. */
  static Task<IdPair> sorting(String name, int digits, int length) {
    return new CompiledTask(
        new TaskInfo(name, "Which digit comes next in order? Corrupted: other digits.", TRACR),
        choices -> {
          List<Integer> ids = drawn(choices, digits, length);
          ids.addAll(ids.stream().sorted().limit(choices.below(length)).toList());
          return ids;
        },
        ids -> CompiledFunctions.sorting(ids, length),
        0);
  }

  /** {@code <s>}, different keys with a value behind each, and one of the keys once more. */
  static Task<IdPair> keyValue(String name, int keys, int values, int length) {
    int pairs = (length - 2) / 2;
    return new CompiledTask(
        new TaskInfo(
            name, "Which value had the key? Corrupted: other keys with other values.", TRACR),
        choices -> {
          List<Integer> ids = new ArrayList<>(List.of(keys + values));
          for (int key : choices.distinct(keys, pairs)) {
            ids.add(key);
            ids.add(keys + choices.below(values));
          }
          ids.add(ids.get(1 + 2 * choices.below(pairs)));
          return ids;
        },
        ids -> CompiledFunctions.keyValue(ids, keys),
        1);
  }

  private static List<Integer> drawn(Choices choices, int below, int count) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(choices.below(below));
    }
    return ids;
  }
}
