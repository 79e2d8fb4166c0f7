package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  private static final int STEPS = 12;

  @TempDir private Path folder;

  private static Recipe recipe(String config, double deviation, List<Integer> series) {
    return new Recipe(
        "tiny",
        "random tokens",
        TinyTraining.configs().get(config),
        deviation,
        3,
        () -> Objectives.nextToken(TinyTraining.tokens(12)),
        TinyTraining.options(STEPS),
        5,
        series,
        model -> Map.of("first weight", weights(model)[0]));
  }

  private static double[] weights(HookedTransformer model) {
    return Tensors.doubles(model.weights().get("embed.W_E"));
  }

  /** In GPT-2's layout and in our own: both may be the model's. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "no norm"})
  void theSeriesStandsBesideTheModelWhichIsItsLastStep(String config) throws IOException {
    HookedTransformer made = recipe(config, 0.02, List.of(0, 7)).make(folder, DataType.FLOAT32);
    Checkpoints series = Checkpoints.of(folder);
    assertThat(series.steps()).containsExactly(0, 7, STEPS);
    Checkpoints all = Checkpoints.of(folder.resolve("checkpoints"));
    assertThat(all.steps()).containsExactly(0, 5, 7, 10, STEPS);
    for (int step : series.steps()) {
      Weights there = all.model(step).weights();
      Weights here = series.model(step).weights();
      assertThat(here.names()).isEqualTo(there.names());
      for (String name : here.names()) {
        assertThat(here.get(name)).as(name).isEqualTo(there.get(name));
      }
    }
    assertThat(weights(made)).isEqualTo(weights(series.model(STEPS)));
    assertThat(Files.readString(folder.resolve("CARD.md")))
        .contains("| first weight | ")
        .contains("| initial weights | seed 3, deviation 0.02000 |")
        .contains("| checkpoints of steps | 0, 7, 12 |");
  }

  @Test
  void float16RoundsAndHalvesTheFiles() throws IOException {
    recipe("gpt2", 0.02, List.of(7)).make(folder, DataType.FLOAT16);
    double[] rounded = weights(Checkpoints.of(folder).model(7));
    double[] exact = weights(Checkpoints.of(folder.resolve("checkpoints")).model(7));
    assertThat(rounded).isNotEqualTo(exact).containsExactly(exact, within(1e-4));
  }

  @Test
  void initialWeightsHaveTheDeviationThatWasAskedFor() {
    HookedTransformer small = recipe("gpt2", 0.02, List.of()).untrained();
    HookedTransformer large = recipe("gpt2", 0.5, List.of()).untrained();
    double[] scaled = Arrays.stream(weights(small)).map(w -> w * 25).toArray();
    assertThat(weights(large)).containsExactly(scaled, within(1e-6));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> recipe("gpt2", 0, List.of()).untrained())
        .withMessage("Initial weights need a finite deviation above 0; got 0.0");
  }

  @Test
  void aSeriesBehindTheLastStepIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> recipe("gpt2", 0.02, List.of(0, STEPS)))
        .withMessage("The series of 'tiny' has steps before the last, 0 to 11; got [0, 12]");
  }

  @Test
  void shippedCheckpointsOfAModelThatHasNoneAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.shipped("gpt2"))
        .withMessageStartingWith("No model 'gpt2' is shipped; there are [brackets, ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.shipped("induction-2l"))
        .withMessageContaining("There are no checkpoints in ");
  }
}
