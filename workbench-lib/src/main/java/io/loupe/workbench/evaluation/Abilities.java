package io.loupe.workbench.evaluation;

import io.loupe.datasets.context.KeyValueText;
import io.loupe.datasets.context.Needle;
import io.loupe.datasets.context.NeedleKind;
import io.loupe.datasets.language.Agreement;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.tasks.Tasks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The tasks that a model is evaluated on, by name. */
final class Abilities {
  private Abilities() {}

  /**
   * The usual ones.
   *
   * @param longest how many tokens a prompt may have; the longest needles have so many
   */
  static Map<String, Function<TextTokens, TextTask>> usual(int longest) {
    Map<String, Function<TextTokens, TextTask>> all = new LinkedHashMap<>();
    for (String name : List.of("ioi", "greater-than", "successor", "pronoun", "agreement")) {
      all.put(name, Tasks.text(name)::with);
    }
    all.put("agreement-2", tokens -> new Agreement(2, tokens));
    all.put("world-facts", Tasks.text("world-facts")::with);
    for (int pairs : new int[] {8, 32, 64, 90}) {
      all.put("key-value-" + pairs, tokens -> new KeyValueText(pairs, tokens));
    }
    for (NeedleKind kind : NeedleKind.values()) {
      for (double depth : new double[] {0, 0.5, 1}) {
        String name = "%s %d tokens, depth %s".formatted(kind.taskName(), longest, depth);
        all.put(name, tokens -> new Needle(kind, longest, depth, tokens));
      }
    }
    for (String name : List.of("multi-document", "many-shot", "one-to-many", "coloured-objects")) {
      all.put(name, Tasks.text(name)::with);
    }
    return all;
  }
}
