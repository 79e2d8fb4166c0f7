package io.loupe.probes.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LbfgsTest {

  @Test
  void findsTheMinimumOfAQuadraticWhoseScalesDifferAThousandfold() {
    double[] scales = {1, 10, 100, 1000, 3};
    double[] at = {1, -2, 3, -4, 5};
    double[] point = new double[5];
    int iterations =
        Lbfgs.minimise(
            (x, gradient) -> {
              double value = 0;
              for (int i = 0; i < x.length; i++) {
                gradient[i] = scales[i] * (x[i] - at[i]);
                value += scales[i] * (x[i] - at[i]) * (x[i] - at[i]) / 2;
              }
              return value;
            },
            point,
            1e-8,
            200);
    assertThat(point).containsExactly(at, within(1e-7));
    assertThat(iterations).isLessThan(60);
  }

  @Test
  void findsTheMinimumOfRosenbrocksValley() {
    double[] point = {-1.2, 1};
    Lbfgs.minimise(
        (x, gradient) -> {
          double a = 1 - x[0];
          double b = x[1] - x[0] * x[0];
          gradient[0] = -2 * a - 400 * x[0] * b;
          gradient[1] = 200 * b;
          return a * a + 100 * b * b;
        },
        point,
        1e-7,
        500);
    assertThat(point).containsExactly(new double[] {1, 1}, within(1e-4));
  }

  @Test
  void aMinimumIsLeftAlone() {
    double[] point = {3};
    int iterations =
        Lbfgs.minimise(
            (x, gradient) -> {
              gradient[0] = x[0] - 3;
              return (x[0] - 3) * (x[0] - 3) / 2;
            },
            point,
            1e-9,
            10);
    assertThat(iterations).isZero();
    assertThat(point).containsExactly(3);
  }
}
