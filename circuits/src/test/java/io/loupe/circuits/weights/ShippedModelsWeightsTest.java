package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.datasets.language.Successor;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the shipped models' weights say of heads that are known by other means. */
class ShippedModelsWeightsTest {

  @Test
  void theInductionModelShowsItsCircuit() throws IOException {
    HookedTransformer model = HookedTransformer.load("induction-2l");
    HeadWeights weights = HeadWeights.folded(model);
    HeadMap kernel = PositionalKernels.of(model, 32).at(1);
    assertThat(kernel.above(0.95).toList()).containsExactly(new Head(0, 0), new Head(0, 1));
    InductionCircuits circuits = InductionCircuits.of(weights);
    for (Head head : model.config().allHeads().inLayer(1)) {
      assertThat(circuits.heads().score(head)).isGreaterThan(0.25);
      assertThat(circuits.copying().score(head)).isGreaterThan(0.99);
    }
    // the eight pairs with a previous-token head, before any other
    assertThat(circuits.pairs().subList(0, 8))
        .allMatch(pair -> pair.earlier().index() < 2 && pair.matching() > 0.99);
    assertThat(Composition.of(weights, Composition.Kind.KEY).top(8))
        .allMatch(pair -> pair.writer().index() < 2 && pair.z() > 20);
    assertThat(Composition.of(weights, Composition.Kind.QUERY).top(8)).allMatch(p -> p.z() < 2);
    assertThat(Composition.of(weights, Composition.Kind.VALUE).top(8)).allMatch(p -> p.z() < 2);
  }

  @Test
  void theEnglishModelCopiesWhatTheFirstMlpMakesOfTokens() throws IOException {
    HeadWeights weights =
        HeadWeights.folded(HookedTransformer.load("loupe-lm")).with(TokenVectors.THROUGH_FIRST_MLP);
    assertThat(Copying.eigenvalues(weights).score(new Head(4, 4))).isGreaterThan(0.99);
    Composition keys = Composition.of(weights, Composition.Kind.KEY);
    // the previous-token heads, of all earlier ones, write most of what the induction head's keys
    // read, and they take their own positions from layer 1
    assertThat(keys.writersOf(new Head(4, 4)).get(0).writer()).isEqualTo(new Head(3, 1));
    assertThat(keys.writersOf(new Head(3, 8)).get(0).writer()).isEqualTo(new Head(1, 3));
    RelationSet numbers = RelationSet.of(Successor.Series.NUMBERS, weights.model().tokenizer());
    RelationScores scores = RelationScores.of(weights, List.of(numbers), 10);
    Head successor = new Head(4, 0);
    assertThat(scores.map(numbers.name()).ranked().get(0)).isEqualTo(successor);
    assertThat(scores.map(numbers.name()).interval(successor).low()).isGreaterThan(0.6);
    assertThat(scores.control(numbers.name()).score(successor)).isLessThan(0.1);
  }
}
