package io.loupe.datasets.task;

/** What an example is for. The splits of a task share no clean input. */
public enum Split {
  /** To train on, or to find something on. */
  TRAIN,
  /** To choose on. */
  VALIDATION,
  /** To report on. */
  TEST
}
