package io.loupe.circuits;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.circuits.certainty.Stability;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.measure.Faithfulness;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.Contrast;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.score.EdgeAttribution;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.tasks.Tasks;
import io.loupe.workbench.model.HookedTransformer;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The textbook circuits of the shipped English model, on a small sample. */
class LoupeLmCircuitsTest {

  @ParameterizedTest
  @CsvSource({"ioi, LOGIT_DIFFERENCE", "greater-than, PROBABILITY_DIFFERENCE"})
  void threePercentOfTheEdgesDoFourFifthsOfTheWork(String name, Contrast contrast)
      throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-lm");
    ModelGraph graph = ModelGraph.of(model);
    TextTask task = Tasks.text(name, text -> model.tokenizer().encode(text, false));
    Examples some = Examples.of(model, task, task.draw(Split.TRAIN, 20, 1), contrast);
    Examples others = Examples.of(model, task, task.draw(Split.TEST, 20, 1), contrast);
    EdgeScores scores = EdgeAttribution.of(graph, some).integratedOverInputs(3);
    int size = (int) (0.03 * graph.size());
    Circuit circuit = scores.greedy(size).pruned();
    assertThat(circuit.share()).isLessThanOrEqualTo(0.03);
    Faithfulness faithfulness =
        Faithfulness.of(CircuitRunner.of(graph, others, StandIn.RESAMPLE), circuit);
    assertThat(faithfulness.value()).as("%s", faithfulness).isBetween(0.8, 1.2);
    assertThat(faithfulness.interval(1).low()).as("%s", faithfulness).isGreaterThan(0.8);
    Stability stability = Stability.of(scores, size, 20, 1);
    assertThat(stability.jaccard()).as("%s", stability).isGreaterThan(0.5);
    assertThat(stability.isStable()).isFalse(); // twenty prompts are too few to say so
  }
}
