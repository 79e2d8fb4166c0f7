package io.loupe.workbench.family;

import io.loupe.workbench.nn.ModelConfig;

/**
 * One model family: a reading of its configuration and a map of its tensor names. Data, not
 * behaviour: the forward pass never sees it. Keys that are absent mean what Hugging Face
 * transformers takes for them.
 */
interface Family {
  /** The {@code model_type} in {@code config.json}. */
  String name();

  /** What it exercises, for people. */
  String summary();

  /** A checkpoint of it on the hub. */
  String example();

  ModelConfig config(ConfigFile file) throws ModelFormatException;

  WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException;
}
