package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.ShippedModels;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SmallModelsTest {
  @Test
  void sortSortsEveryInput() throws IOException {
    ModelMeasures measures = SmallModels.evaluate("sort");
    assertThat(measures.value("accuracy on all 729 inputs")).isEqualTo(1);
    assertThat(measures.value("inputs sorted without an error")).isEqualTo(1);
    assertThat(measures.value("loss")).isLessThan(0.001);
    assertThat(measures.toString()).startsWith("sort (weights ").contains("loss");
  }

  @Test
  void inductionIsMeasuredByItsRecipe() throws IOException {
    ModelMeasures measures = SmallModels.evaluate("induction-2l");
    assertThat(measures.value("accuracy")).isGreaterThan(0.99);
    assertThat(measures.value("best previous-token head")).isGreaterThan(0.7);
    assertThat(measures.value("best induction head")).isGreaterThan(0.7);
  }

  @Test
  void bracketsTellsEveryOneOfThem() throws IOException {
    ModelMeasures measures = SmallModels.evaluate("brackets");
    assertThat(measures.value("accuracy, corrupted in count")).isGreaterThan(0.999);
    assertThat(measures.value("accuracy, corrupted in order")).isGreaterThan(0.999);
    assertThat(measures.value("accuracy on shuffled brackets, as many of each"))
        .isGreaterThan(0.999);
  }

  @Test
  void modularAdditionIsRightOnEverySumByThreeFrequencies() throws IOException {
    ModelMeasures measures = SmallModels.evaluate("modular-addition");
    assertThat(measures.value("accuracy on all 113 x 113 sums")).isGreaterThan(0.999);
    assertThat(measures.values().keySet())
        .filteredOn(name -> name.startsWith("power of the key frequency"))
        .containsExactly(
            "power of the key frequency 52 in the embedding",
            "power of the key frequency 40 in the embedding",
            "power of the key frequency 44 in the embedding");
    assertThat(measures.value("loss on all sums with the key frequencies alone")).isLessThan(0.01);
  }

  /**
   * It knows by heart what it was trained on before it knows the rest, and the waves come first.
   */
  @Test
  void checkpointsGoThroughGrokking() throws IOException {
    Checkpoints checkpoints = Checkpoints.shipped("modular-addition");
    assertThat(checkpoints.steps()).hasSize(12).startsWith(0, 100).endsWith(1000, 1200);
    ModularSums before = ModularSums.of(checkpoints.model(300));
    ModularSums after = ModularSums.of(checkpoints.model(600));
    assertThat(before.accuracy()).isLessThan(0.4);
    assertThat(after.accuracy()).isGreaterThan(0.99);
    List<Integer> key = List.of(52, 40, 44);
    assertThat(before.restrictedTo(key).loss()).isLessThan(before.loss() - 1);
    assertThat(after.without(key).accuracy()).isLessThan(0.3);
  }

  @Test
  void compiledOnesAreExact() throws IOException {
    for (String name : CompiledModels.names()) {
      assertThat(SmallModels.names()).contains(name);
    }
    ModelMeasures measures = SmallModels.evaluate("compiled-induction");
    assertThat(measures.values().values()).containsOnly(1.0);
    assertThat(measures.values().keySet())
        .contains(
            "accuracy on all 83,521 inputs of 5 tokens",
            "accuracy on 2,000 random inputs of 6 tokens",
            "accuracy on 2,000 random inputs of 12 tokens")
        .hasSize(8);
  }

  /** A function that is changed for one input is found by asking all, at the positions it has. */
  @Test
  void askingAllInputsFindsTheOneThatIsWrong() {
    CompiledModel model = CompiledModels.sortByCounting(2, 5);
    CompiledModel wrong =
        new CompiledModel(
            model.name(),
            model.summary(),
            model.model(),
            model.vocabulary(),
            model.task(),
            ids -> {
              int[] said = model.function().apply(ids);
              boolean ones = Arrays.stream(ids).allMatch(id -> id == 1);
              if (ones && ids.length == 9) {
                said[8] = 0;
              }
              return said;
            },
            model.alphabet(),
            model.edges());
    assertThat(model.inputs(9)).isEqualTo(512);
    assertThat(model.accuracyOnAll(9)).isEqualTo(1);
    assertThat(wrong.accuracyOnAll(9)).isEqualTo(1 - 1.0 / (512 * 5), within(1e-12));
  }

  @Test
  void allInputsMayBeMoreThanOnePass() {
    CompiledModel model = CompiledModels.sortByCounting(3, 5);
    assertThat(model.inputs(9)).isEqualTo(19_683);
    assertThat(model.accuracyOnAll(9)).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.accuracyOnAll(10))
        .withMessage("Expected inputs of 1 to 9 tokens; got 10");
  }

  @Test
  void everyShippedModelIsListed() {
    String table = SmallModels.shipped().toString();
    assertThat(ShippedModels.names()).allSatisfy(name -> assertThat(table).contains(name + " "));
  }

  @Test
  void anotherNameIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SmallModels.evaluate("loupe-lm"))
        .withMessageStartingWith("There is no small model 'loupe-lm'; there are [brackets, ");
  }
}
