package io.loupe.datasets.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.VectorPair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToIntBiFunction;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Labels against plain readings of the ids, sizes against formulas. */
class AlgorithmTasksTest {
  private static List<IdPair> whole(Task<IdPair> task, int size) {
    assertThat(task.size()).isEqualTo(size);
    List<IdPair> all = new ArrayList<>();
    for (Split split : Split.values()) {
      all.addAll(task.draw(split, task.size(split).intValueExact(), 0));
    }
    return all;
  }

  /** Every label of every sequence, clean and corrupted, is what the rule says of the ids. */
  private static void assertLabels(
      List<IdPair> pairs, ToIntBiFunction<List<Integer>, Integer> rule) {
    for (IdPair pair : pairs) {
      for (IdSequence sequence : List.of(pair.clean(), pair.corrupted())) {
        for (IdSequence.Label label : sequence.labels()) {
          assertThat(label.id())
              .as("%s at %d", sequence.ids(), label.position())
              .isEqualTo(rule.applyAsInt(sequence.ids(), label.position()));
        }
      }
    }
  }

  @Test
  void repeatedTokens() {
    List<IdPair> pairs = whole(new RepeatedTokens(5, 6, 4), 6 * 5 * 4 * 3);
    assertLabels(pairs, (ids, at) -> ids.get(ids.indexOf(ids.get(at)) + 1));
    for (IdPair pair : pairs) {
      List<Integer> ids = pair.clean().ids();
      assertThat(ids).hasSize(8).allMatch(id -> id >= 5 && id < 11);
      assertThat(ids.subList(0, 4)).isEqualTo(ids.subList(4, 8)).doesNotHaveDuplicates();
      assertThat(pair.changed()).containsExactly("source", "copy");
      assertThat(pair.clean().idsOf("source")).containsExactly(pair.answer());
      assertThat(pair.clean().span("query").start()).isEqualTo(pair.position());
      assertThat(pair.clean().labels()).extracting("position").containsExactly(4, 5, 6);
    }
    assertThat(pairs).extracting(IdPair::position).contains(4, 5, 6);
  }

  @Test
  void keyValueRecall() {
    List<IdPair> pairs = whole(new KeyValueRecall(3, 3, 2, 2), 3 * 2 * 3 * 3 * 2);
    assertLabels(pairs, (ids, at) -> ids.get(ids.indexOf(ids.get(at)) + 1));
    for (IdPair pair : pairs) {
      assertThat(pair.changed()).containsExactly("value");
      assertThat(pair.differing()).hasSize(1);
      assertThat(pair.clean().idsOf("key")).isEqualTo(pair.clean().idsOf("query"));
      assertThat(pair.clean().idsOf("value")).containsExactly(pair.answer());
      assertThat(pair.answer()).isBetween(3, 5);
    }
  }

  @Test
  void brackets() {
    for (Brackets.Corruption corruption : Brackets.Corruption.values()) {
      // the seventh Catalan number
      List<IdPair> pairs = whole(new Brackets(7, corruption), 429);
      assertThat(pairs).extracting(p -> p.clean().ids()).doesNotHaveDuplicates();
      for (IdPair pair : pairs) {
        String clean = text(pair.clean());
        String corrupted = text(pair.corrupted());
        assertThat(isBalanced(clean)).isTrue();
        assertThat(isBalanced(corrupted)).isFalse();
        assertThat(pair.answer()).isEqualTo(1);
        assertThat(pair.wrong()).isZero();
        boolean equal = corrupted.replace("(", "").length() == 7;
        assertThat(equal).isEqualTo(corruption == Brackets.Corruption.ORDER);
        assertThat(pair.differing()).hasSize(corruption == Brackets.Corruption.ORDER ? 2 : 1);
      }
    }
    assertThat(Brackets.isBalanced(List.of(0, 1, 1, 0))).isFalse();
    assertThat(Brackets.isBalanced(List.of(0, 0, 1))).isFalse();
    assertThat(Brackets.isBalanced(List.of(0, 0, 1, 1))).isTrue();
  }

  private static String text(IdSequence sequence) {
    assertThat(sequence.ids().get(0)).isEqualTo(Brackets.START);
    assertThat(sequence.ids().get(15)).isEqualTo(Brackets.END);
    StringBuilder text = new StringBuilder();
    Brackets.brackets(sequence).forEach(id -> text.append(id == Brackets.OPEN ? '(' : ')'));
    return text.toString();
  }

  private static boolean isBalanced(String text) {
    String before;
    do {
      before = text;
      text = text.replace("()", "");
    } while (!before.equals(text));
    return text.isEmpty();
  }

  @Test
  void parity() {
    List<IdPair> pairs = whole(new Parity(7), 128);
    assertLabels(pairs, (ids, at) -> Collections.frequency(ids, 1) % 2);
    assertThat(pairs).allMatch(pair -> pair.clean().ids().get(7) == Parity.END);
    assertThat(pairs).allMatch(pair -> pair.changed().equals(List.of("bit")));
  }

  @Test
  void flipFlop() {
    // places of 3 busy among 5, which of them write, bits of the 5 that do not read
    List<IdPair> pairs = whole(new FlipFlop(7, 2, 1), 10 * 3 * 32);
    assertLabels(
        pairs,
        (ids, at) -> {
          int state = -1;
          for (int i = 0; i < at; i += 2) {
            state = ids.get(i) == FlipFlop.WRITE ? ids.get(i + 1) : state;
          }
          return state;
        });
    for (IdPair pair : pairs) {
      List<Integer> ids = pair.clean().ids();
      assertThat(ids.get(0)).isEqualTo(FlipFlop.WRITE);
      assertThat(ids.get(12)).isEqualTo(FlipFlop.READ);
      assertThat(Collections.frequency(ids, FlipFlop.WRITE)).isEqualTo(3);
      assertThat(Collections.frequency(ids, FlipFlop.READ)).isEqualTo(2);
      assertThat(pair.changed()).contains("write").doesNotContain("query");
      int last = pair.clean().span("write").start();
      assertThat(ids.subList(last + 1, 14)).doesNotContain(FlipFlop.WRITE);
      pair.clean().labels().forEach(l -> assertThat(ids.get(l.position() + 1)).isEqualTo(l.id()));
    }
    whole(new FlipFlop(6, 0, 0), 32);
  }

  @Test
  void counting() {
    Counting task = new Counting(3, 5);
    // all strings but those without the asked letter
    List<IdPair> pairs = whole(task, 3 * (243 - 32));
    assertLabels(pairs, (ids, at) -> 3 + Collections.frequency(ids.subList(0, 5), ids.get(at)));
    for (IdPair pair : pairs) {
      assertThat(pair.wrong()).isEqualTo(pair.answer() - 1);
      assertThat(pair.changed()).containsExactly("dropped");
      assertThat(pair.clean().idsOf("dropped")).isEqualTo(pair.clean().idsOf("query"));
    }
    assertThat(task.idOf(2)).isEqualTo(5);
  }

  @Test
  void modularAddition() {
    List<IdPair> pairs = whole(new ModularAddition(11, new SplitShares(0.5, 0.25)), 121);
    assertLabels(pairs, (ids, at) -> (ids.get(0) + ids.get(1)) % 11);
    assertThat(pairs).allMatch(pair -> pair.clean().ids().get(2) == 11);
    assertThat(pairs).allMatch(pair -> pair.changed().equals(List.of("b")));
    assertThat(new ModularAddition().size(Split.TRAIN)).isEqualTo(3830); // 30 % of 113 * 113
  }

  /**
   * The indicator of the training split has no wave in a and b that stands out: of 112 * 112
   * squared amplitudes, which are exponential for a random set, the largest is about log(112 * 112)
   * = 9.4 times the mean. A split cut from multiples of one step has one of 3,000 times.
   */
  @Test
  void theSumsToTrainOnHaveNoPeriod() {
    int p = 113;
    double[][] chosen = new double[p][p];
    ModularAddition task = new ModularAddition();
    for (IdPair pair : task.draw(Split.TRAIN, 3830, 0)) {
      chosen[pair.clean().ids().get(0)][pair.clean().ids().get(1)] = 1;
    }
    double share = 3830.0 / (p * p);
    double mean = p * p * share * (1 - share);
    double largest = 0;
    for (int j = 1; j < p; j++) {
      double[] cos = new double[p];
      double[] sin = new double[p];
      for (int a = 0; a < p; a++) {
        for (int b = 0; b < p; b++) {
          cos[b] += chosen[a][b] * Math.cos(2 * Math.PI * j * a / p);
          sin[b] += chosen[a][b] * Math.sin(2 * Math.PI * j * a / p);
        }
      }
      for (int k = 1; k < p; k++) {
        double real = 0;
        double imaginary = 0;
        for (int b = 0; b < p; b++) {
          double angle = 2 * Math.PI * k * b / p;
          real += cos[b] * Math.cos(angle) - sin[b] * Math.sin(angle);
          imaginary += sin[b] * Math.cos(angle) + cos[b] * Math.sin(angle);
        }
        largest = Math.max(largest, real * real + imaginary * imaginary);
      }
    }
    assertThat(largest / mean).isLessThan(25);
  }

  @Test
  void sorting() {
    List<IdPair> pairs = whole(new Sorting(4, 4), 256);
    assertLabels(pairs, (ids, at) -> ids.subList(0, 4).stream().sorted().toList().get(at - 3));
    for (IdPair pair : pairs) {
      assertThat(pair.clean().ids()).hasSize(7);
      assertThat(pair.clean().labels()).extracting("position").containsExactly(3, 4, 5, 6);
      assertThat(pair.changed()).contains("digit");
      // what stands before the asked place is the same but for the digit
      assertThat(IntStream.of(pair.differing()).filter(i -> i >= 4 && i <= pair.position()))
          .isEmpty();
    }
  }

  @Test
  void bigramBackcopy() {
    BigramBackcopy task = new BigramBackcopy(2, 4, 2, 11, 3, 1);
    // places of two triggers, which triggers, the first token, four successors
    List<IdPair> pairs = whole(task, 6 * 8 * 4 * 16);
    assertLabels(pairs, (ids, at) -> ids.get(at - 1));
    for (IdPair pair : pairs) {
      for (IdSequence sequence : List.of(pair.clean(), pair.corrupted())) {
        List<Integer> ids = sequence.ids();
        int triggers = 0;
        for (int i = 1; i < ids.size(); i++) {
          boolean afterTrigger = ids.get(i - 1) == 1 || ids.get(i - 1) == 2;
          if (afterTrigger) {
            assertThat(ids.get(i)).as("%s at %d", ids, i).isEqualTo(ids.get(i - 2));
          } else if (ids.get(i) <= 2) {
            triggers++;
          } else {
            assertThat(task.successors(ids.get(i - 1))).contains(ids.get(i));
          }
        }
        assertThat(triggers).isEqualTo(3);
        assertThat(ids.get(10)).isBetween(1, 2);
      }
      assertThat(pair.changed()).containsExactly("source");
      assertThat(pair.differing()).containsExactly(9);
    }
    assertThat(task.successors(0)).containsExactly(3, 4, 5, 6);
    assertThat(task.successors(1)).isEmpty();
    assertThat(task.successors(4)).hasSize(2).doesNotHaveDuplicates();
    assertThat(new BigramBackcopy(2, 40, 4, 11, 3, 2).successors(9))
        .isNotEqualTo(new BigramBackcopy(2, 40, 4, 11, 3, 3).successors(9));
  }

  @Test
  void ldaTopics() {
    LdaTopics task = new LdaTopics(3, 2, 2, 4);
    List<IdPair> pairs = whole(task, 3 * 2 * 2 * 4);
    for (IdPair pair : pairs) {
      List<Integer> ids = pair.clean().ids();
      assertThat(ids.get(3)).isEqualTo(task.mask()).isEqualTo(6);
      int topic = task.topicOf(pair.answer());
      assertThat(ids.subList(0, 3)).anyMatch(id -> task.topicOf(id) == topic);
      assertThat(pair.corrupted().ids()).noneMatch(id -> task.topicOf(id) == topic);
      assertThat(ids).noneMatch(id -> task.topicOf(id) == task.topicOf(pair.wrong()));
      for (int i = 0; i < 3; i++) {
        boolean changes = task.topicOf(ids.get(i)) == topic;
        assertThat(pair.corrupted().ids().get(i).equals(ids.get(i))).isEqualTo(!changes);
        assertThat(pair.corrupted().ids().get(i) % 2).isEqualTo(ids.get(i) % 2);
      }
    }
  }

  @Test
  void linearRegression() {
    // with no noise and more points than dimensions the answer follows from the points
    LinearRegression task = new LinearRegression(2, 2, 0);
    double sum = 0;
    double squares = 0;
    List<VectorPair> pairs = task.draw(Split.TEST, 2000, 1);
    for (VectorPair pair : pairs) {
      double[][] x = pair.clean().inputs();
      double[] y = pair.clean().outputs();
      double det = x[0][0] * x[1][1] - x[0][1] * x[1][0];
      double w0 = (y[0] * x[1][1] - y[1] * x[0][1]) / det;
      double w1 = (x[0][0] * y[1] - x[1][0] * y[0]) / det;
      assertThat(w0 * x[2][0] + w1 * x[2][1])
          .isCloseTo(
              pair.clean().answer(),
              within(1e-9 * (1 + (Math.abs(w0) + Math.abs(w1)) / Math.abs(det))));
      sum += y[2];
      squares += y[2] * y[2];
    }
    assertThat(sum / 2000).isCloseTo(0, within(0.1));
    assertThat(squares / 2000).as("the values have variance 1").isCloseTo(1, within(0.15));
    VectorPair noisy = new LinearRegression(1, 1, 0.5).draw(Split.TRAIN, 1, 1).get(0);
    double[][] x = noisy.clean().inputs();
    double[] y = noisy.clean().outputs();
    assertThat(y[0] / x[0][0]).isNotCloseTo(y[1] / x[1][0], within(1e-6));
  }

  @Test
  void refusesSizesThatCannotBe() {
    assertMistake(() -> new RepeatedTokens(0, 4, 4), "vocabulary of 5 or more, got 4");
    assertMistake(() -> new KeyValueRecall(4, 4, 2, 3), "pairs of 3 or more, got 2");
    assertMistake(() -> new Brackets(1, Brackets.Corruption.COUNT), "pairs of 2 or more");
    assertMistake(() -> new FlipFlop(4, 2, 1), "instructions of 5 or more, got 4");
    assertMistake(() -> new BigramBackcopy(1, 3, 2, 7, 2, 0), "length of 8 or more, got 7");
    assertMistake(() -> new LdaTopics(2, 2, 2, 9), "topics of 3 or more");
    assertMistake(() -> new LinearRegression(1, 1, -1), "noise of 0 or more, got -1.0");
    assertMistake(() -> new Sorting(1, 5), "digits of 2 or more, got 1");
  }

  private static void assertMistake(ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(message);
  }
}
