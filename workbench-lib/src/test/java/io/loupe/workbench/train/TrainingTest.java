package io.loupe.workbench.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Least squares on ten points, whose steps are done again by hand in float64. */
class TrainingTest {
  private static final double[][] X = new double[10][2];
  private static final double[] Y = new double[10];

  static {
    for (int i = 0; i < X.length; i++) {
      X[i][0] = Math.sin(i);
      X[i][1] = Math.cos(2.0 * i);
      Y[i] = 3 * X[i][0] - X[i][1] + 0.5;
    }
  }

  private final NDManager manager = Engines.newManager(Device.cpu());

  @AfterEach
  void free() {
    manager.close();
  }

  private Map<String, NDArray> zeros() {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    parameters.put("w", manager.create(new double[2], new Shape(2, 1)));
    parameters.put("b", manager.create(new double[1]));
    return parameters;
  }

  private static void squares(
      Map<String, NDArray> parameters, int[] examples, NDManager scope, Objective.Losses losses) {
    double[] flat =
        Arrays.stream(examples).boxed().flatMapToDouble(i -> Arrays.stream(X[i])).toArray();
    NDArray x = scope.create(flat, new Shape(examples.length, 2));
    NDArray y = scope.create(Arrays.stream(examples).mapToDouble(i -> Y[i]).toArray());
    NDArray error = x.matMul(get(parameters, "w")).squeeze(1).add(get(parameters, "b")).sub(y);
    losses.add("squares", error.square().mean());
  }

  private static NDArray get(Map<String, NDArray> parameters, String name) {
    NDArray parameter = parameters.get(name);
    if (parameter == null) {
      throw new AssertionError(name);
    }
    return parameter;
  }

  private static TrainingOptions options(int steps, int batch) {
    return new TrainingOptions(
        steps, batch, Schedule.constant(0.1), OptimizerSpec.ADAM, OptionalDouble.empty(), 1);
  }

  /** The three numbers after so many steps over all ten points, by the formulas. */
  private static double[] byHand(TrainingOptions options) {
    double[] theta = new double[3];
    double[] m = new double[3];
    double[] v = new double[3];
    for (int step = 0; step < options.steps(); step++) {
      double[] g = new double[3];
      for (int i = 0; i < X.length; i++) {
        double error = theta[0] * X[i][0] + theta[1] * X[i][1] + theta[2] - Y[i];
        g[0] += 2 * error * X[i][0] / X.length;
        g[1] += 2 * error * X[i][1] / X.length;
        g[2] += 2 * error / X.length;
      }
      double norm = Math.sqrt(Arrays.stream(g).map(a -> a * a).sum());
      double most = options.clipNorm().orElse(Double.POSITIVE_INFINITY);
      double rate = options.schedule().at(step, options.steps());
      for (int p = 0; p < 3; p++) {
        double gradient = norm > most ? g[p] * most / norm : g[p];
        if (options.optimizer() instanceof OptimizerSpec.Sgd sgd) {
          m[p] = sgd.momentum() * m[p] - rate * gradient;
          theta[p] += m[p];
        } else {
          double decay =
              p < 2 && options.optimizer() instanceof OptimizerSpec.AdamW w ? w.weightDecay() : 0;
          theta[p] -= rate * decay * theta[p];
          m[p] = 0.9 * m[p] + 0.1 * gradient;
          v[p] = 0.999 * v[p] + 0.001 * gradient * gradient;
          double mean = m[p] / (1 - Math.pow(0.9, step + 1));
          double square = v[p] / (1 - Math.pow(0.999, step + 1));
          theta[p] -= rate * mean / (Math.sqrt(square) + 1e-8);
        }
      }
    }
    return theta;
  }

  private void check(TrainingOptions options) {
    Map<String, NDArray> parameters = zeros();
    TrainingCurve curve = Training.run("test", parameters, 10, TrainingTest::squares, options);
    double[] expected = byHand(options);
    double[] w = Tensors.doubles(get(parameters, "w"));
    assertThat(w[0]).isCloseTo(expected[0], within(1e-5));
    assertThat(w[1]).isCloseTo(expected[1], within(1e-5));
    assertThat(Tensors.doubles(get(parameters, "b"))[0]).isCloseTo(expected[2], within(1e-5));
    assertThat(curve.total()).hasSize(options.steps());
    assertThat(curve.total()[options.steps() - 1]).isLessThan(curve.total()[0]);
  }

  @Test
  void stepsAreThoseOfTheFormulas() {
    TrainingOptions adam = options(30, 10);
    check(adam);
    check(adam.with(OptimizerSpec.adamW(0.1)));
    check(adam.with(OptimizerSpec.sgd(0)));
    check(adam.with(OptimizerSpec.sgd(0.5)));
    check(adam.with(Schedule.linear(0.2, 5)));
    check(adam.with(Schedule.cosine(0.2, 5)));
    check(adam.with(OptimizerSpec.sgd(0)).clippedAt(OptionalDouble.of(0.5)));
  }

  @Test
  void schedulesRiseAndFall() {
    Schedule linear = Schedule.linear(1, 4);
    assertThat(linear.at(0, 14)).isCloseTo(0.2, within(1e-12));
    assertThat(linear.at(4, 14)).isEqualTo(1);
    assertThat(linear.at(9, 14)).isCloseTo(0.5, within(1e-12));
    Schedule cosine = Schedule.cosine(1, 4);
    assertThat(cosine.at(3, 14)).isCloseTo(0.8, within(1e-12));
    assertThat(cosine.at(4, 14)).isEqualTo(1);
    assertThat(cosine.at(9, 14)).isCloseTo(0.5, within(1e-12));
    assertThat(cosine.at(14, 14)).isCloseTo(0, within(1e-12));
    assertThatIllegalArgumentException().isThrownBy(() -> Schedule.constant(0));
  }

  @Test
  void anEpochSeesEveryExampleOnce() {
    Batches batches = new Batches(10, 4, 3);
    int[] seen = new int[10];
    for (int step = 0; step < 5; step++) {
      for (int example : batches.at(step)) {
        seen[example]++;
      }
    }
    assertThat(seen).containsOnly(2);
    assertThat(batches.at(3)).isEqualTo(new Batches(10, 4, 3).at(3));
    assertThat(batches.at(0)).isNotEqualTo(new Batches(10, 4, 4).at(0));
    assertThat(new Batches(3, 8, 1).at(0)).containsExactlyInAnyOrder(0, 1, 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 19})
  void aResumedTrainingIsTheUninterruptedOneBitByBit(int broken) {
    for (OptimizerSpec spec :
        new OptimizerSpec[] {
          OptimizerSpec.ADAM, OptimizerSpec.adamW(0.1), OptimizerSpec.sgd(0.9)
        }) {
      TrainingOptions options = options(20, 3).with(spec).with(Schedule.cosine(0.05, 3));
      Map<String, NDArray> whole = zeros();
      TrainingCurve curve = Training.run("test", whole, 10, TrainingTest::squares, options);
      Map<String, NDArray> parts = zeros();
      Map<String, NDArray> momenta = new TreeMap<>();
      try (Training first = Training.of(parts, 10, TrainingTest::squares, options)) {
        while (first.done() < broken) {
          first.step();
        }
        first.state().momenta().forEach((name, array) -> momenta.put(name, copy(array)));
      }
      TrainingState state = new TrainingState(broken, momenta);
      try (Training rest = Training.resume(parts, 10, TrainingTest::squares, options, state)) {
        double[] total = rest.finish("test").total();
        assertThat(total)
            .containsExactly(Arrays.copyOfRange(curve.total(), broken, options.steps()));
        assertThatIllegalStateException().isThrownBy(rest::step).withMessageContaining("20 steps");
      }
      assertThat(get(parts, "w").toDoubleArray()).containsExactly(get(whole, "w").toDoubleArray());
    }
  }

  private NDArray copy(NDArray array) {
    NDArray copy = array.duplicate();
    copy.attach(manager);
    return copy;
  }

  @Test
  void aLossThatIsNotANumberIsRefusedAndSaysWhere() {
    Map<String, NDArray> parameters = zeros();
    Objective bad =
        (p, examples, scope, losses) -> {
          squares(p, examples, scope, losses);
          losses.add("bad", get(p, "w").sum().sub(1).log());
        };
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> Training.run("test", parameters, 10, bad, options(50, 10)))
        .withMessageContaining("'bad'")
        .withMessageContaining("step 0 of 50")
        .satisfies(e -> assertThat(e.step()).isZero());
    assertThat(get(parameters, "w").toDoubleArray()).containsExactly(0, 0);

    Map<String, NDArray> broken = zeros();
    get(broken, "b").set(new double[] {Double.NaN});
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> Training.run("test", broken, 10, TrainingTest::squares, options(50, 10)))
        .withMessageContaining("parameter 'b' is not finite");

    Objective steep =
        (p, examples, scope, losses) ->
            losses.add("root", get(p, "w").sum().sqrt().add(get(p, "b").sum()));
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> Training.run("test", zeros(), 10, steep, options(50, 10)))
        .withMessageContaining("gradient of parameter 'w'");
  }

  private static Objective.Losses shrinking(
      Map<String, NDArray> parameters, Objective.Losses losses) {
    return new Objective.Losses() {
      @Override
      public void add(String name, NDArray loss) {
        losses.add(name, loss.add(get(parameters, "w").square().sum()));
      }

      @Override
      public void addTogether(Map<String, NDArray> several) {
        several.forEach(this::add);
      }
    };
  }

  @Test
  void severalLossesAreAddedAndAnUnusedParameterStays() {
    Objective two =
        (p, examples, scope, losses) -> {
          squares(p, examples, scope, losses);
          losses.add("shrink", get(p, "w").square().sum());
        };
    Objective one =
        (p, examples, scope, losses) -> squares(p, examples, scope, shrinking(p, losses));
    Map<String, NDArray> first = zeros();
    first.put("unused", manager.create(new double[] {5}));
    Map<String, NDArray> second = zeros();
    TrainingCurve curve = Training.run("test", first, 10, two, options(5, 10));
    Training.run("test", second, 10, one, options(5, 10));
    assertThat(curve.losses()).containsOnlyKeys("squares", "shrink");
    assertThat(Tensors.doubles(get(first, "w")))
        .containsExactly(Tensors.doubles(get(second, "w")), within(1e-12));
    assertThat(Tensors.doubles(get(first, "unused"))).containsExactly(5);
  }

  @Test
  void badOptionsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> options(0, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(1, 1).clippedAt(OptionalDouble.of(0)));
    assertThatIllegalArgumentException().isThrownBy(() -> OptimizerSpec.sgd(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Training.run("test", Map.of(), 10, TrainingTest::squares, options(1, 1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Training.run("test", zeros(), 0, TrainingTest::squares, options(1, 1)));
  }
}
