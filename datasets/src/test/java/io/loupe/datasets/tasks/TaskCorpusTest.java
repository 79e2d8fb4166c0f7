package io.loupe.datasets.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.context.KeyValueText;
import io.loupe.datasets.task.Pair;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.TextTokens;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TaskCorpusTest {
  private static String text(Split split, long lines, long seed) {
    StringWriter out = new StringWriter();
    try {
      new TaskCorpus(split).write(out, lines, seed);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toString();
  }

  @Test
  void isTheSameForTheSameSeed() {
    String text = text(Split.TRAIN, 2300, 1);
    assertThat(text.lines()).hasSize(2300);
    assertThat(text(Split.TRAIN, 2300, 1)).isEqualTo(text);
    assertThat(text).startsWith(text(Split.TRAIN, 1200, 1));
    assertThat(text(Split.TRAIN, 2300, 2)).isNotEqualTo(text);
    assertThat(new HashSet<>(text.lines().toList())).as("blocks differ").hasSizeGreaterThan(2000);
  }

  @Test
  void holdsNoPromptOfAnotherSplit() {
    String text = text(Split.TRAIN, 4000, 3);
    for (Task<?> task : new TaskCorpus(Split.TRAIN).tasks()) {
      int own = 0;
      for (Split split : Split.values()) {
        for (Pair<?> pair : task.draw(split, EveryTaskTest.count(task, split), 4)) {
          if (pair instanceof PromptPair prompts) {
            boolean occurs = text.contains(prompts.clean().text());
            own += occurs && split == Split.TRAIN ? 1 : 0;
            assertThat(occurs && split != Split.TRAIN).as(prompts.clean().text()).isFalse();
          }
        }
      }
      if (task.name().equals("successor") || task.name().equals("world-facts")) {
        assertThat(own).as("prompts of its own split do occur").isPositive();
      }
    }
  }

  @Test
  void namesOfATestPromptNeverStandTogether() {
    Set<String> together = new HashSet<>();
    for (String line : text(Split.TRAIN, 4000, 3).lines().toList()) {
      if (line.matches(".*\\b[A-Z][a-z]+ and [A-Z][a-z]+\\b.* to [A-Z][a-z]+\\.")) {
        String[] pair =
            line.replaceAll(".*\\b([A-Z][a-z]+) and ([A-Z][a-z]+)\\b.*", "$1 $2").split(" ");
        together.add(pair[0] + "+" + pair[1]);
        together.add(pair[1] + "+" + pair[0]);
      }
    }
    assertThat(together).hasSizeGreaterThan(700);
    for (Split split : List.of(Split.VALIDATION, Split.TEST)) {
      for (PromptPair pair : Tasks.text("ioi").draw(split, 500, 0)) {
        assertThat(together).doesNotContain(pair.group());
      }
    }
  }

  @Test
  void linesAreWholeSentencesOfEveryTask() {
    List<String> lines = text(Split.VALIDATION, 2000, 5).lines().toList();
    assertThat(lines).allMatch(line -> line.matches("[A-Z].*[a-zA-Z0-9][.?]"));
    assertThat(lines).anyMatch(line -> line.matches(".* gave a \\w+ to [A-Z][a-z]+\\."));
    assertThat(lines).anyMatch(line -> line.matches(".*isn't s?he\\?"));
    assertThat(lines)
        .anyMatch(
            line -> line.matches("The \\w+ \\w+ the \\w+ (is|are|was|were|has|have) there\\."));
    for (String line : lines) {
      if (line.matches("The \\w+ lasted .*")) {
        String digits = line.replaceAll("\\D", "");
        assertThat(Integer.parseInt(digits.substring(4)))
            .isGreaterThan(Integer.parseInt(digits.substring(0, 4)));
      }
      if (line.startsWith("Words: ")) {
        String[] words = line.substring(7, line.length() - 1).split(" ");
        List<String> all = List.of(words);
        assertThat(all.subList(0, words.length / 2))
            .isEqualTo(all.subList(words.length / 2, words.length));
      }
    }
    assertThat(lines.stream().filter(line -> line.startsWith("Words: ")).count())
        .isBetween(70L, 200L);
    assertThat(lines.stream().filter(line -> line.startsWith("Here is ")).count())
        .isBetween(120L, 300L);
    assertThat(lines).anyMatch(line -> line.matches("Review: .*\\\\nLabel: (posi|nega)tive\\."));
  }

  @Test
  void furtherQuestionsAreOfTheSameListAndSplit() {
    Set<String> askable = new HashSet<>();
    for (Pair<?> pair : new KeyValueText(2, TextTokens.words()).draw(Split.TRAIN, 3000, 9)) {
      askable.add(pair.group());
    }
    Pattern question = Pattern.compile("Now the (\\w+) (\\d\\d)\\.");
    int questions = 0;
    int lists = 0;
    for (String line : text(Split.TRAIN, 3000, 7).lines().toList()) {
      if (line.startsWith("List: ")) {
        lists++;
        for (MatchResult asked : question.matcher(line).results().toList()) {
          questions++;
          assertThat(line).contains("the %s %s".formatted(asked.group(1), asked.group(2)));
          assertThat(line.indexOf("the " + asked.group(1) + " " + asked.group(2)))
              .as("in the list")
              .isLessThan(line.indexOf(". Now"));
          assertThat(askable).contains(asked.group(1));
        }
      }
    }
    assertThat(questions).isGreaterThan(2 * lists);
  }

  @Test
  void longTextsAreListsAndNeedlesOfTheSplit() throws IOException {
    StringWriter out = new StringWriter();
    TaskCorpus.ofLongTexts(Split.TRAIN).write(out, 200, 1);
    List<String> lines = out.toString().lines().toList();
    assertThat(lines).hasSize(200);
    assertThat(lines).anyMatch(line -> line.startsWith("List: ") && line.split(",").length == 90);
    assertThat(lines).anyMatch(line -> line.matches(".*Remember: The pass key is \\d\\d\\."));
    assertThat(lines).anyMatch(line -> line.matches(".* Answer: It is [A-Z]\\w+\\."));
    assertThat(lines).allMatch(line -> TextTokens.words().ids(line).length <= 520);
    assertThat(lines).allMatch(line -> TextTokens.words().ids(line).length >= 90);
  }

  @Test
  void everyFactCanBeLearnedAndIsAskedInOtherWords() {
    var task = Tasks.text("world-facts");
    int facts = 130 * 5;
    assertThat(task.size(Split.TRAIN)).isEqualTo(3 * facts);
    assertThat(task.size(Split.TEST)).isEqualTo(facts);
    Set<String> learned = new HashSet<>();
    for (PromptPair pair : task.draw(Split.TRAIN, 3 * facts, 0)) {
      learned.add(pair.group().replaceAll("/\\d$", "") + pair.answer());
    }
    assertThat(learned).hasSize(facts);
    for (PromptPair pair : task.draw(Split.TEST, facts, 0)) {
      assertThat(learned).contains(pair.group().replaceAll("/\\d$", "") + pair.answer());
    }
  }

  @Test
  void handsOnWhatTheWriterThrows() {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] chars, int from, int count) throws IOException {
            throw new IOException("No space left on device");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new TaskCorpus(Split.TRAIN).write(full, 1, 0))
        .withMessage("No space left on device");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TaskCorpus(Split.TRAIN).write(full, -1, 0))
        .withMessageContaining("got -1");
  }
}
