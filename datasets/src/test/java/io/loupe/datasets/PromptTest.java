package io.loupe.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PromptTest {
  private static final Prompt MARY = Prompt.of("When Mary and John met, John 😀 gave Mary tea.");

  @Test
  void marksTheOnlyOccurrence() {
    Prompt prompt = MARY.mark("verb", "gave").mark("object", "tea");

    assertThat(prompt.spans())
        .containsExactly(new TextSpan("verb", 32, 36), new TextSpan("object", 42, 45));
    assertThat(prompt.span("verb")).isEqualTo(new TextSpan("verb", 32, 36));
    assertThat(prompt.textOf("verb")).isEqualTo("gave");
    assertThat(prompt.span("verb").length()).isEqualTo(4);
    assertThat(MARY.spans()).as("the prompt itself stays as it is").isEmpty();
  }

  @Test
  void marksAPlace() {
    assertThat(MARY.mark("all", 0, MARY.text().length()).textOf("all")).isEqualTo(MARY.text());
  }

  @Test
  void saysHowOftenASubstringOccurs() {
    assertMistake(() -> MARY.mark("s", "Mary"), "\"Mary\" occurs 2 times in the text");
    assertMistake(() -> MARY.mark("s", "Bob"), "\"Bob\" occurs 0 times in the text, expected once");
    assertMistake(() -> Prompt.of("aaa").mark("s", "aa"), "occurs 2 times");
    assertMistake(() -> MARY.mark("s", ""), "got an empty one");
  }

  @Test
  void namesTheSpansThatThereAre() {
    Prompt prompt = MARY.mark("verb", "gave").mark("object", "tea");

    assertMistake(() -> prompt.span("verbs"), "no span 'verbs'; it has 'verb', 'object'");
    assertMistake(() -> MARY.span("verb"), "no span 'verb'; it has none");
    assertMistake(
        () -> prompt.mark("verb", "met"), "a name of its own, got 'verb', 'object', 'verb'");
  }

  @Test
  void refusesSpansThatAreNone() {
    assertMistake(() -> MARY.mark("s", 3, 3), "Span 's' needs 0 <= start < end, got [3, 3)");
    assertMistake(() -> MARY.mark("s", -1, 3), "got [-1, 3)");
    assertMistake(() -> MARY.mark("s", 3, 900), "ends behind the text, which has 46 characters");
    assertMistake(() -> MARY.mark(" ", 3, 9), "a name that is not blank");
    assertMistake(() -> Prompt.of(""), "a text that is not empty");
  }

  @Test
  void keepsACopyOfTheSpans() {
    List<TextSpan> spans = new ArrayList<>(List.of(new TextSpan("s", 0, 1)));
    Prompt prompt = new Prompt("ab", spans);
    spans.clear();

    assertThat(prompt.spans()).hasSize(1);
  }

  private static void assertMistake(ThrowingCallable call, String message) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(call)
        .withMessageContaining(message);
  }
}
