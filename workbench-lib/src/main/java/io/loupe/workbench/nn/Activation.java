package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;

/** The non-linearities of MLPs. */
public enum Activation {
  /** max(x, 0). */
  RELU {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      return ai.djl.nn.Activation.relu(x);
    }
  },
  /** x * Phi(x), exact (Hendrycks and Gimpel 2016). */
  GELU {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      return ai.djl.nn.Activation.gelu(x);
    }
  },
  /** GELU's approximation by tanh, as GPT-2 uses it. */
  GELU_TANH {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      if (differentiable) {
        NDArray cubic = x.mul(x).mul(x).mul(CUBIC);
        NDArray gate = x.add(cubic).mul(SQRT_2_OVER_PI).tanh().add(1);
        return gate.mul(x).mul(0.5);
      }
      // the same formula as 0.5 x (1 + tanh(s (x + c x^3))), in two buffers instead of eight
      try (NDArray inner = x.mul(x)) {
        inner.muli(CUBIC).addi(1).muli(x).muli(SQRT_2_OVER_PI);
        return inner.tanh().addi(1).muli(x).muli(0.5);
      }
    }
  },
  /** x * sigmoid(1.702 x), another approximation of GELU. */
  QUICK_GELU {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      return ai.djl.nn.Activation.sigmoid(x.mul(1.702)).mul(x);
    }
  },
  /** max(x, 0) squared (So et al. 2021). */
  RELU_SQUARED {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      return ai.djl.nn.Activation.relu(x).square();
    }
  },
  /** The hyperbolic tangent. */
  TANH {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      return x.tanh();
    }
  },
  /** x: no non-linearity. */
  IDENTITY {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      return differentiable ? x.mul(1) : x.duplicate(); // a duplicate has no gradient
    }
  },
  /** x * sigmoid(x), also called swish. */
  SILU {
    @Override
    NDArray apply(NDArray x, boolean differentiable) {
      NDArray gate = ai.djl.nn.Activation.sigmoid(x);
      return differentiable ? gate.mul(x) : gate.muli(x);
    }
  };

  private static final double CUBIC = 0.044715;
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private static final Map<String, Activation> HUGGING_FACE_NAMES =
      Map.ofEntries(
          Map.entry("relu", RELU),
          Map.entry("gelu", GELU),
          Map.entry("gelu_python", GELU),
          Map.entry("gelu_new", GELU_TANH),
          Map.entry("gelu_pytorch_tanh", GELU_TANH),
          Map.entry("gelu_python_tanh", GELU_TANH),
          Map.entry("gelu_accurate", GELU_TANH),
          Map.entry("gelu_fast", GELU_TANH),
          Map.entry("quick_gelu", QUICK_GELU),
          Map.entry("relu2", RELU_SQUARED),
          Map.entry("tanh", TANH),
          Map.entry("linear", IDENTITY),
          Map.entry("silu", SILU),
          Map.entry("swish", SILU));

  /** Returns a new tensor; the input is left alone. */
  abstract NDArray apply(NDArray x, boolean differentiable);

  /** Returns the activation that a Hugging Face configuration calls by this name. */
  public static Activation named(String name) {
    Activation activation = HUGGING_FACE_NAMES.get(name);
    if (activation == null) {
      throw new IllegalArgumentException(
          "Unknown activation '%s'; known are %s (%s)"
              .formatted(
                  name, new TreeSet<>(HUGGING_FACE_NAMES.keySet()), Arrays.toString(values())));
    }
    return activation;
  }
}
