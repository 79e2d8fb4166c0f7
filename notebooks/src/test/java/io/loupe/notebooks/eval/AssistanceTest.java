package io.loupe.notebooks.eval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AssistanceTest {
  private static CellEvaluator evaluator;

  @BeforeAll
  static void start() {
    evaluator = new CellEvaluator();
    evaluator.evaluate("String greeting = \"hello\";", new Recorder());
  }

  @AfterAll
  static void close() {
    evaluator.close();
  }

  @Test
  void completesMembersOfWhatEarlierCellsDeclared() {
    String source = "int n = 1;\ngreeting.toUpp + n";
    int cursor = source.indexOf(" + n");
    Completion completion = evaluator.complete(source, cursor);
    assertThat(completion.candidates()).contains("toUpperCase(");
    assertThat(source.substring(completion.start(), completion.end())).isEqualTo("toUpp");
  }

  @Test
  void completesVariablesOfTheSameCell() {
    String source = "var words = List.of(\"a\");\nwords.isEm";
    Completion completion = evaluator.complete(source, source.length());
    assertThat(completion.candidates()).containsExactly("isEmpty()");
    assertThat(completion.start()).isEqualTo(source.indexOf("isEm"));
  }

  @Test
  void hasNothingToOfferForNonsense() {
    Completion completion = evaluator.complete("qqq.zzz", 7);
    assertThat(completion).isEqualTo(new Completion(java.util.List.of(), 7, 7));
  }

  @Test
  void documentsWhatStandsAtTheCursor() {
    String source = "int k = 0;\ngreeting.substring(k)";
    assertThat(evaluator.documentation(source, source.indexOf("string(")).orElseThrow())
        .contains("String String.substring(int beginIndex)");
    assertThat(evaluator.documentation("qqq", 3)).isEmpty();
  }

  @Test
  void tellsWhetherASourceIsWhole() {
    assertThat(evaluator.completeness("int a = 1;\na + 1")).isEqualTo(Completeness.COMPLETE);
    assertThat(evaluator.completeness("for (int i = 0; i < 3; i++) {"))
        .isEqualTo(Completeness.INCOMPLETE);
    assertThat(evaluator.completeness(")")).isEqualTo(Completeness.INVALID);
    assertThat(evaluator.completeness("")).isEqualTo(Completeness.COMPLETE);
  }
}
