package io.loupe.workbench.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.optimizer.Sgd;
import ai.djl.training.tracker.ParameterTracker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Holds what a DJL optimiser remembers of each parameter (momenta). DJL's own maps cannot be read
 * and their arrays belong to nobody, so they would leak; here they belong to a manager, and can be
 * saved and given back.
 */
final class OptimizerState {
  private final NDManager manager;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>(); // "0.name", "1.name"
  private final List<Object> kinds = new ArrayList<>(); // DJL's maps, each one kind of momentum

  /**
   * Holds copies of given momenta.
   *
   * @param momenta what {@link #arrays} returned; empty to begin with zeros
   */
  OptimizerState(NDManager manager, Map<String, NDArray> momenta) {
    this.manager = manager;
    momenta.forEach(
        (name, array) -> {
          NDArray copy = array.duplicate();
          copy.attach(manager);
          arrays.put(name, copy);
        });
  }

  /**
   * Returns the momenta themselves: "0.name" the first kind of a parameter, "1.name" the second.
   */
  Map<String, NDArray> arrays() {
    return arrays;
  }

  /**
   * Makes the optimiser, which will ask this for its momenta.
   *
   * @param done how many updates were made already
   */
  Optimizer optimizer(OptimizerSpec spec, ParameterTracker rate, int done) {
    if (spec instanceof OptimizerSpec.Adam adam) {
      return new KeptAdam(
          Adam.builder()
              .optBeginNumUpdate(done)
              .optLearningRateTracker(rate)
              .optBeta1((float) adam.beta1())
              .optBeta2((float) adam.beta2())
              .optEpsilon((float) adam.epsilon())
              .optWeightDecays((float) adam.weightDecay()));
    }
    if (spec instanceof OptimizerSpec.AdamW adam) {
      return new KeptAdamW(
          AdamW.builder()
              .optBeginNumUpdate(done)
              .optLearningRateTracker(rate)
              .optBeta1((float) adam.beta1())
              .optBeta2((float) adam.beta2())
              .optEpsilon((float) adam.epsilon())
              .optWeightDecays((float) adam.weightDecay()));
    }
    OptimizerSpec.Sgd sgd = (OptimizerSpec.Sgd) spec;
    return new KeptSgd(
        Optimizer.sgd()
            .optBeginNumUpdate(done)
            .setLearningRateTracker(rate)
            .optMomentum((float) sgd.momentum())
            .optWeightDecays((float) sgd.weightDecay()));
  }

  private NDArray get(Object kind, String parameter, Function<String, NDArray> zeros) {
    int index = index(kind);
    return arrays.computeIfAbsent(
        index + "." + parameter,
        name -> {
          NDArray made = zeros.apply(parameter);
          made.attach(manager);
          return made;
        });
  }

  /** By identity: equal maps (empty ones) are different kinds. */
  private int index(Object kind) {
    for (int i = 0; i < kinds.size(); i++) {
      if (kinds.get(i) == kind) {
        return i;
      }
    }
    kinds.add(kind);
    return kinds.size() - 1;
  }

  /** Biases and norms' weights are vectors; shrinking them serves nothing. */
  private static boolean isMatrix(NDArray weight) {
    return weight.getShape().dimension() >= 2;
  }

  private final class KeptAdam extends Adam {
    private boolean matrix;

    KeptAdam(Adam.Builder builder) {
      super(builder);
    }

    @Override
    public void update(String parameter, NDArray weight, NDArray gradient) {
      matrix = isMatrix(weight);
      super.update(parameter, weight, gradient);
    }

    @Override
    protected float getWeightDecay() {
      return matrix ? super.getWeightDecay() : 0;
    }

    @Override
    protected NDArray withDefaultState(
        Map<String, Map<Device, NDArray>> kind,
        String parameter,
        Device device,
        Function<String, NDArray> zeros) {
      return get(kind, parameter, zeros);
    }
  }

  private final class KeptAdamW extends AdamW {
    private boolean matrix;

    KeptAdamW(AdamW.Builder builder) {
      super(builder);
    }

    @Override
    public void update(String parameter, NDArray weight, NDArray gradient) {
      matrix = isMatrix(weight);
      super.update(parameter, weight, gradient);
    }

    @Override
    protected float getWeightDecay() {
      return matrix ? super.getWeightDecay() : 0;
    }

    @Override
    protected NDArray withDefaultState(
        Map<String, Map<Device, NDArray>> kind,
        String parameter,
        Device device,
        Function<String, NDArray> zeros) {
      return get(kind, parameter, zeros);
    }
  }

  private final class KeptSgd extends Sgd {
    private boolean matrix;

    KeptSgd(Sgd.Builder builder) {
      super(builder);
    }

    @Override
    public void update(String parameter, NDArray weight, NDArray gradient) {
      matrix = isMatrix(weight);
      super.update(parameter, weight, gradient);
    }

    @Override
    protected float getWeightDecay() {
      return matrix ? super.getWeightDecay() : 0;
    }

    @Override
    protected NDArray withDefaultState(
        Map<String, Map<Device, NDArray>> kind,
        String parameter,
        Device device,
        Function<String, NDArray> zeros) {
      return get(kind, parameter, zeros);
    }
  }
}
