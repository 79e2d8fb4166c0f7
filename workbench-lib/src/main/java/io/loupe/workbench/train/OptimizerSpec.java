package io.loupe.workbench.train;

/**
 * An optimiser, as data. DJL's is made of it when training begins. Weight decay is for parameters
 * of two dimensions or more: biases and norms are left alone.
 */
public sealed interface OptimizerSpec {
  /** Adam (Kingma and Ba 2015) with the usual settings and no weight decay. */
  OptimizerSpec ADAM = new Adam(0.9, 0.999, 1e-8, 0);

  /** Returns AdamW (Loshchilov and Hutter 2019) with the usual betas. */
  static OptimizerSpec adamW(double weightDecay) {
    return new AdamW(0.9, 0.999, 1e-8, weightDecay);
  }

  /** Returns stochastic gradient descent with a momentum, 0 for none. */
  static OptimizerSpec sgd(double momentum) {
    return new Sgd(momentum, 0);
  }

  /**
   * Adam; weight decay is added to the gradient.
   *
   * @param beta1 of the mean
   * @param beta2 of the mean square
   */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay)
      implements OptimizerSpec {
    public Adam {
      check(beta1, beta2, epsilon, weightDecay);
    }
  }

  /**
   * Adam whose weight decay shrinks the parameters themselves.
   *
   * @param beta1 of the mean
   * @param beta2 of the mean square
   */
  record AdamW(double beta1, double beta2, double epsilon, double weightDecay)
      implements OptimizerSpec {
    public AdamW {
      check(beta1, beta2, epsilon, weightDecay);
    }
  }

  /** Stochastic gradient descent; weight decay is added to the gradient. */
  record Sgd(double momentum, double weightDecay) implements OptimizerSpec {
    public Sgd {
      check(momentum, 0, 1, weightDecay);
    }
  }

  private static void check(double beta1, double beta2, double epsilon, double weightDecay) {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0 && weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "An optimiser needs betas (or a momentum) from 0 to below 1, an epsilon above 0 and a weight decay of 0 or more; got %s, %s, %s, %s"
              .formatted(beta1, beta2, epsilon, weightDecay));
    }
  }
}
