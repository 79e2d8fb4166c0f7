package io.loupe.datasets.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.language.IndirectObject;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import org.junit.jupiter.api.Test;

class TasksTest {
  @Test
  void listsAllTasks() {
    assertThat(Tasks.names())
        .hasSize(Tasks.all().size())
        .doesNotHaveDuplicates()
        .contains("ioi", "needle-passkey", "relation-capital", "mqar", "linear-regression");
    assertThat(Tasks.all()).hasSizeGreaterThanOrEqualTo(38);
    assertThat(Tasks.overview())
        .contains("greater-than")
        .contains("61110")
        .contains("Hanna, Liu and Variengien 2023")
        .contains("~10^28");
  }

  @Test
  void findsTasksByNameAndKind() {
    assertThat(Tasks.text("ioi")).isInstanceOf(IndirectObject.class);
    assertThat(Tasks.ids("brackets").draw(Split.TEST, 2, 0)).hasSize(2);
    assertThat(Tasks.named("linear-regression").draw(Split.TEST, 2, 0)).hasSize(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.named("iio"))
        .withMessageStartingWith("No task 'iio'; there are [ioi, greater-than,");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.text("brackets"))
        .withMessage("Task 'brackets' is none of texts; Tasks.named(\"brackets\") takes any");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.ids("ioi"))
        .withMessageContaining("none of token ids");
  }

  @Test
  void showsAnExample() {
    assertThat(Tasks.example("greater-than"))
        .matches("(?s)The .* to the year (\\d\\d) →\\d\\d\\n.*");
    assertThat(Tasks.example("parity")).contains("ids=[");
  }

  /**
   * Models are trained on the training split, so what is in which split must stay. If a list of
   * words has grown, take these anew and train the models that are shipped again.
   */
  @Test
  void splitsAndDrawsAreThoseOfBefore() {
    assertThat(first("ioi"))
        .isEqualTo(
            "In the morning, Donna and Jason cleaned the kitchen. Then Jason carried a violin to"
                + " Donna");
    assertThat(first("successor")).isEqualTo("After October, November and December comes January");
    assertThat(first("key-value"))
        .isEqualTo(
            "List: the student 61, the guest 78, the priest 67, the ticket 93, the rope 77, the"
                + " scientist 25, the chief 95, the rat 99. Now the priest 67");
    assertThat(Tasks.ids("induction").draw(Split.TEST, 1, 0).get(0).clean().ids())
        .startsWith(35, 6, 13, 53, 2, 3);
  }

  private static String first(String name) {
    PromptPair pair = Tasks.text(name).draw(Split.TEST, 1, 0).get(0);
    return pair.clean().text() + pair.answer();
  }
}
