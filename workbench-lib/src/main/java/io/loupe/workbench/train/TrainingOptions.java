package io.loupe.workbench.train;

import java.util.OptionalDouble;

/**
 * How something is trained.
 *
 * @param steps how many updates
 * @param batch how many examples each is computed on; all of them if there are fewer
 * @param schedule the learning rate
 * @param optimizer the optimiser
 * @param clipNorm the largest norm of the gradient over all parameters; a longer one is shortened
 *     to it (Pascanu et al. 2013); empty for no bound
 * @param seed of the order of the examples; on the CPU the same seed gives the same parameters, bit
 *     by bit
 */
public record TrainingOptions(
    int steps,
    int batch,
    Schedule schedule,
    OptimizerSpec optimizer,
    OptionalDouble clipNorm,
    long seed) {

  public TrainingOptions {
    if (steps < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "Training needs at least one step on at least one example; got %d steps, batch %d"
              .formatted(steps, batch));
    }
    if (clipNorm.isPresent() && !(clipNorm.getAsDouble() > 0)) {
      throw new IllegalArgumentException(
          "The largest norm of a gradient is above 0; got " + clipNorm.getAsDouble());
    }
  }

  /** Returns Adam with a rate that falls linearly to 0, and gradients of at most norm 1. */
  public static TrainingOptions adam(int steps, int batch, double rate, long seed) {
    return new TrainingOptions(
        steps, batch, Schedule.linear(rate, 0), OptimizerSpec.ADAM, OptionalDouble.of(1), seed);
  }

  /** Returns these with another optimiser. */
  public TrainingOptions with(OptimizerSpec other) {
    return new TrainingOptions(steps, batch, schedule, other, clipNorm, seed);
  }

  /** Returns these with another schedule. */
  public TrainingOptions with(Schedule other) {
    return new TrainingOptions(steps, batch, other, optimizer, clipNorm, seed);
  }

  /** Returns these with another bound of the gradient's norm; empty for none. */
  public TrainingOptions clippedAt(OptionalDouble norm) {
    return new TrainingOptions(steps, batch, schedule, optimizer, norm, seed);
  }
}
