package io.loupe.probes.attention;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.datasets.context.MultiDocument;
import io.loupe.probes.data.Example;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AttentionTasksTest {
  @Test
  void anAnswerIsSupportedOnlyIfTheDocumentsSayItOfThisPerson() {
    String documents =
        "Document 1: A pilot named Ann lives in Rome and likes it there.\n"
            + "Document 2: A cook named Bob lives in Paris and likes it there.";
    assertThat(ContextAnswers.supported(documents, "Ann", " Ann lives in Rome.")).isTrue();
    assertThat(ContextAnswers.supported(documents, "Ann", " Ann lives in Rome.The")).isTrue();
    assertThat(ContextAnswers.supported(documents, "Ann", " Ann lives in Paris.")).isFalse();
    assertThat(ContextAnswers.supported(documents, "Ann", " Bob lives in Paris.")).isFalse();
    assertThat(ContextAnswers.supported(documents, "Ann", " Ann lives in Rom.")).isFalse();
    assertThat(ContextAnswers.supported(documents, "Ann", " Ann lives in")).isFalse();
  }

  @Test
  void theTwoVersionsOfAPromptDifferInOneNameAndTheModelMakesUpWhereItCannotRead()
      throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-lm");
    ContextAnswers answers = ContextAnswers.of(model, MultiDocument.Distractors.RELATED, 6, 1);
    ProbeData data = answers.data();
    Tokens tokens = data.tokens();
    Labels.Classes labels = (Labels.Classes) data.labels();
    assertThat(labels.names()).containsExactly("supported", "made up");
    for (int row = 0; row < 12; row += 2) {
      long[] there = tokens.row(row);
      long[] not = tokens.row(row + 1);
      int prompt = tokens.span(row, Answers.PROMPT).end();
      assertThat(tokens.span(row + 1, Answers.PROMPT).end()).isEqualTo(prompt);
      int differing = 0;
      for (int i = 0; i < prompt; i++) {
        differing += there[i] == not[i] ? 0 : 1;
      }
      assertThat(differing).isEqualTo(1);
      assertThat(tokens.span(row, "context").end()).isLessThan(prompt);
      assertThat(labels.of()[row]).isEqualTo(0);
      assertThat(labels.of()[row + 1]).isEqualTo(1);
      assertThat(data.groups().get(row)).isEqualTo(data.groups().get(row + 1));
      Example example = data.examples().get(row);
      assertThat(example.start()).isEqualTo(prompt);
      assertThat(example.end()).isEqualTo(there.length - 1);
    }
    assertThat(answers.table().toString()).contains("somebody else");
  }

  @Test
  void injectedPromptsAreGroupedByWordingAndTheModelDoesNotFollowThem() throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-lm");
    InjectedPrompts prompts = InjectedPrompts.of(model, 20, 1);
    ProbeData data = prompts.data();
    assertThat(data.size()).isEqualTo(40);
    Map<String, Set<String>> groups = new HashMap<>();
    Map<String, Set<Integer>> classes = new HashMap<>();
    for (int row = 0; row < 40; row++) {
      Span extra = data.tokens().span(row, "extra");
      long[] ids = Arrays.copyOfRange(data.tokens().row(row), extra.start(), extra.start() + 3);
      String group = data.groups().get(row);
      groups.computeIfAbsent(Arrays.toString(ids), wording -> new HashSet<>()).add(group);
      int own = ((Labels.Classes) data.labels()).of()[row];
      classes.computeIfAbsent(group, g -> new HashSet<>()).add(own);
    }
    assertThat(classes.values()).hasSizeGreaterThan(2).allMatch(both -> both.size() == 2);
    assertThat(groups.values()).hasSizeGreaterThan(5).allMatch(one -> one.size() == 1);
    for (Example example : data.examples()) {
      assertThat(example.end()).isEqualTo(data.tokens().length(example.row()));
      assertThat(example.start()).isEqualTo(example.end() - 1);
    }
    assertThat(prompts.follows()).isZero();
    assertThat(prompts.right()).isZero();
  }
}
