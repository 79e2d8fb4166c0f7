package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.tensor.Tensors;

/** Refuses queries, keys and values that would make every statistic NaN. */
final class FiniteCheck {
  private FiniteCheck() {}

  static void of(AttentionCall call) {
    check("queries", call.q(), call);
    check("keys", call.k(), call);
    check("values", call.v(), call);
  }

  private static void check(String what, NDArray x, AttentionCall call) {
    try (NDArray size = x.abs();
        NDArray largest = size.max()) {
      if (Double.isFinite(Tensors.doubles(largest)[0])) {
        return;
      }
    }
    double[] values = Tensors.doubles(x);
    int at = 0;
    while (Double.isFinite(values[at])) {
      at++;
    }
    int d = call.dHead();
    int heads = (int) x.getShape().get(2);
    int columns = (int) x.getShape().get(1);
    throw new IllegalArgumentException(
        "The %s of layer %d are not finite: %s at row %d, column %d, head %d, dimension %d"
            .formatted(
                what,
                call.layer(),
                values[at],
                at / d / heads / columns,
                at / d / heads % columns,
                at / d % heads,
                at % d));
  }
}
