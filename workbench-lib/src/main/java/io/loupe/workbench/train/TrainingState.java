package io.loupe.workbench.train;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is needed besides the parameters to go on with a training.
 *
 * @param step how many steps are done
 * @param momenta what the optimiser remembers: {@code 0.name} and {@code 1.name}, in the shape of
 *     the parameter; not copies
 */
public record TrainingState(int step, Map<String, NDArray> momenta) {
  /** No step is done. */
  public static final TrainingState NOTHING = new TrainingState(0, Map.of());

  public TrainingState {
    momenta = Collections.unmodifiableMap(new LinkedHashMap<>(momenta));
  }
}
