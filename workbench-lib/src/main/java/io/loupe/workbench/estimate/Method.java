package io.loupe.workbench.estimate;

/**
 * Where gradients are taken to estimate the effect of a patch.
 *
 * @param along the way on which they are averaged
 * @param steps how many gradients are averaged; 1 at the base run itself
 */
record Method(Along along, int steps) {
  static final Method BASE = new Method(Along.BASE_RUN, 1);

  /** The ways. */
  enum Along {
    BASE_RUN("attribution patching"),
    ACTIVATIONS("integrated gradients, activations"),
    INPUTS("integrated gradients, inputs");

    private final String label;

    Along(String label) {
      this.label = label;
    }
  }

  Method {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "Integrated gradients take at least 1 step, e.g. 5 or 20; got " + steps);
    }
  }

  @Override
  public String toString() {
    return along.label + (along == Along.BASE_RUN ? "" : ", " + steps + " steps");
  }
}
