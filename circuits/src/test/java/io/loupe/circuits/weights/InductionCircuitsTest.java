package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;

class InductionCircuitsTest {
  /** The composed QK circuit over the vocabulary, multiplied out. */
  @Test
  void matchingIsTheEigenvalueScoreOfTheComposedCircuit() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    HeadWeights plain = HeadWeights.folded(model);
    for (HeadWeights weights :
        new HeadWeights[] {plain, plain.with(TokenVectors.THROUGH_FIRST_MLP)}) {
      InductionCircuits circuits = InductionCircuits.of(weights, 2);
      assertThat(circuits.pairs()).hasSize(4 * 4 + 8 * 4);
      for (int layer = 0; layer < 2; layer++) {
        Head earlier = new Head(layer, 3);
        Head later = new Head(2, 1);
        InductionCircuits.Pair pair =
            circuits.pairs().stream()
                .filter(p -> p.earlier().equals(earlier) && p.later().equals(later))
                .findFirst()
                .orElseThrow();
        SimpleMatrix query = new SimpleMatrix(Tensors.matrix(weights.tokens(later)));
        SimpleMatrix token = new SimpleMatrix(Tensors.matrix(weights.tokens(earlier)));
        SimpleMatrix qk = new SimpleMatrix(weights.qk(later, 2).dense());
        SimpleMatrix ov = new SimpleMatrix(weights.ov(earlier).dense());
        SimpleMatrix whole = query.mult(qk).mult(token.mult(ov).transpose());
        double sum = 0;
        double sizes = 0;
        for (var value : whole.eig().getEigenvalues()) {
          sum += value.real;
          sizes += value.getMagnitude();
        }
        assertThat(pair.matching()).isCloseTo(sum / sizes, within(1e-5));
        assertThat(pair.composition())
            .isEqualTo(Composition.of(weights, Composition.Kind.KEY, 2).score(earlier, later));
        assertThat(pair.copying()).isEqualTo(circuits.copying().score(later));
      }
    }
  }

  @Test
  void theCompiledCircuitIsFoundAndItsDecoyIsNot() {
    HeadWeights weights = HeadWeights.folded(CompiledModels.uselessHead().model());
    InductionCircuits circuits = InductionCircuits.of(weights);
    InductionCircuits.Pair best = circuits.pairs().get(0);
    assertThat(best.earlier()).isEqualTo(new Head(0, 0));
    assertThat(best.later()).isEqualTo(new Head(1, 0));
    assertThat(best.matching()).isCloseTo(1, within(1e-6));
    assertThat(best.copying()).isCloseTo(1, within(1e-6));
    assertThat(circuits.pairs().get(1).score()).isZero();
    assertThat(circuits.heads().score(new Head(1, 0))).isEqualTo(best.score());
    assertThat(circuits.heads().score(new Head(1, 1))).isZero();
    assertThat(circuits.heads().score(new Head(0, 0))).isZero();
    assertThat(circuits.display().toString()).contains("L0H0", "K-composition");
  }

  @Test
  void oneLayerAndRotaryPositionsAreRefused() {
    HeadWeightsTest.refused(
        () -> InductionCircuits.of(HeadWeights.folded(CompiledModels.previousTokenSum().model())),
        "has one layer");
    HeadWeightsTest.refused(
        () -> InductionCircuits.of(HeadWeights.folded(TinyModels.llama(LoadOptions.DEFAULT))),
        "InductionCircuits.of(weights, 1)");
  }
}
