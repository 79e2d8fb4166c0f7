package io.loupe.workbench.family;

import io.loupe.workbench.nn.ModelConfig;

/**
 * One model family: a reading of its configuration and a map of its tensor names. Data, not
 * behaviour: the forward pass never sees it.
 */
interface Family {
  /** The {@code model_type} in {@code config.json}. */
  String name();

  ModelConfig config(ConfigFile file) throws ModelFormatException;

  WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException;
}
