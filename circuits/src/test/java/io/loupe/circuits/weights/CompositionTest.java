package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.laboratory.CompiledModel;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.laboratory.KnownEdge;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.testing.TinyModels;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompositionTest {
  private static final Map<Composition.Kind, Input.Kind> INPUTS =
      Map.of(
          Composition.Kind.QUERY, Input.Kind.QUERY,
          Composition.Kind.KEY, Input.Kind.KEY,
          Composition.Kind.VALUE, Input.Kind.VALUE);

  /** Elhage et al.: norm of the product over the product of norms, of matrices multiplied out. */
  @ParameterizedTest
  @EnumSource(Composition.Kind.class)
  void scoreIsTheFormula(Composition.Kind kind) {
    HookedTransformer gpt2 = TinyModels.gpt2(LoadOptions.DOUBLE);
    HookedTransformer llama = TinyModels.llama(LoadOptions.DOUBLE); // two key/value heads for four
    for (HookedTransformer model : new HookedTransformer[] {gpt2, llama}) {
      HeadWeights weights = HeadWeights.folded(model);
      Composition composition = Composition.of(weights, kind, 3);
      for (Head writer : model.config().allHeads()) {
        for (Head reader : model.config().allHeads().minus(model.config().allHeads().inLayer(0))) {
          if (writer.layer() >= reader.layer()) {
            continue;
          }
          SimpleMatrix ov = new SimpleMatrix(weights.ov(writer).dense()); // in, out
          SimpleMatrix qk = new SimpleMatrix(weights.qk(reader, 3).dense()); // query, key
          SimpleMatrix read =
              switch (kind) {
                case QUERY -> qk;
                case KEY -> qk.transpose();
                case VALUE -> new SimpleMatrix(weights.ov(reader).dense());
              };
          double expected = ov.mult(read).normF() / ov.normF() / read.normF();
          assertThat(composition.score(writer, reader)).isCloseTo(expected, within(1e-10));
        }
      }
    }
  }

  /** The baseline and z against matrices that are really turned at random. */
  @Test
  void zIsInStandardDeviationsOfARandomTurn() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    HeadWeights weights = HeadWeights.folded(model);
    Composition composition = Composition.of(weights, Composition.Kind.VALUE);
    Head writer = new Head(0, 1);
    Head reader = new Head(2, 3);
    SimpleMatrix ov = new SimpleMatrix(weights.ov(writer).dense());
    SimpleMatrix read = new SimpleMatrix(weights.ov(reader).dense());
    SplittableRandom random = new SplittableRandom(5);
    int turns = 2000;
    double sum = 0;
    double squares = 0;
    double norms = Math.pow(ov.normF() * read.normF(), 2);
    for (int turn = 0; turn < turns; turn++) {
      SimpleMatrix rotation = rotation(model.config().dModel(), random);
      double squared = Math.pow(ov.mult(rotation).mult(read).normF(), 2) / norms;
      sum += squared;
      squares += squared * squared;
    }
    double mean = sum / turns;
    double sd = Math.sqrt(squares / turns - mean * mean);
    assertThat(Math.pow(composition.expected(), 2))
        .isCloseTo(mean, within(4 * sd / Math.sqrt(turns)));
    double own = Math.pow(composition.score(writer, reader), 2);
    double predicted = (own - 1.0 / model.config().dModel()) / composition.z(writer, reader);
    assertThat(predicted).isCloseTo(sd, within(0.06 * sd)); // 2,000 turns know it to 1.6 %
  }

  /** An orthogonal matrix, evenly drawn: QR of a Gaussian one, signs of the diagonal taken out. */
  private static SimpleMatrix rotation(int size, SplittableRandom random) {
    SimpleMatrix gaussian = new SimpleMatrix(size, size);
    for (int i = 0; i < size * size; i++) {
      double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
      gaussian.set(i, radius * Math.cos(2 * Math.PI * random.nextDouble()));
    }
    Matrices.Thin qr = Matrices.qr(gaussian);
    SimpleMatrix signs = new SimpleMatrix(size, size);
    for (int i = 0; i < size; i++) {
      signs.set(i, i, Math.signum(qr.r().get(i, i)));
    }
    return qr.q().mult(signs);
  }

  /** Weights written by hand: exactly the edges between heads that are known compose. */
  @ParameterizedTest
  @ValueSource(strings = {"compiled-induction", "compiled-backup-head", "compiled-key-value"})
  void compiledModelsComposeWhereTheirEdgesAre(String name) {
    CompiledModel compiled = CompiledModels.byName(name);
    HeadWeights weights = HeadWeights.asTheyAre(compiled.model());
    for (Composition.Kind kind : Composition.Kind.values()) {
      Composition composition = Composition.of(weights, kind);
      Set<String> expected = new TreeSet<>();
      for (KnownEdge edge : compiled.edges()) {
        if (edge.source() instanceof Node.Attention from
            && edge.target().kind() == INPUTS.get(kind)) {
          expected.add(from.head() + " -> " + edge.target());
        }
      }
      Set<String> found = new TreeSet<>();
      String suffix = "." + kind.toString().toLowerCase(java.util.Locale.ROOT);
      for (Composition.Pair pair : composition.top(100)) {
        if (pair.score() > 1e-9) {
          found.add(pair.writer() + " -> " + pair.reader() + suffix);
        }
      }
      assertThat(found).as("%s", kind).isEqualTo(expected);
    }
  }

  @Test
  void aDecoyComposesWithItsOwnKindAlone() {
    Composition composition =
        Composition.of(
            HeadWeights.asTheyAre(CompiledModels.uselessHead().model()), Composition.Kind.KEY);
    assertThat(composition.top(2))
        .extracting(pair -> pair.writer() + " -> " + pair.reader())
        .containsExactlyInAnyOrder("L0H0 -> L1H0", "L0H1 -> L1H1");
    assertThat(composition.score(new Head(0, 1), new Head(1, 0))).isZero();
    assertThat(composition.writersOf(new Head(1, 1)).get(0).writer()).isEqualTo(new Head(0, 1));
  }

  @Test
  void refusesAndShows() {
    HookedTransformer llama = TinyModels.llama(LoadOptions.DEFAULT);
    HeadWeights weights = HeadWeights.folded(llama);
    HeadWeightsTest.refused(
        () -> Composition.of(weights, Composition.Kind.QUERY),
        "Composition.of(weights, Composition.Kind.QUERY, 1)");
    Composition composition = Composition.of(weights, Composition.Kind.VALUE);
    HeadWeightsTest.refused(
        () -> composition.score(new Head(1, 0), new Head(1, 1)), "earlier layers");
    HeadWeightsTest.refused(() -> composition.z(new Head(0, 4), new Head(1, 1)), "L0H0 to L2H3");
    assertThat(composition.heatmap().toString()).isNotEmpty();
    assertThat(composition.display().toString()).contains("V-composition", "folded weights");
  }
}
