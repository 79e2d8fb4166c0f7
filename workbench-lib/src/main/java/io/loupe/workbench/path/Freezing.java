package io.loupe.workbench.path;

/**
 * What stays as it is while a sender's change travels to a receiver. In the receiver's own part and
 * behind it everything runs normally.
 */
public enum Freezing {
  /**
   * Every attention and every MLP on the way is frozen: the direct edge from sender to receiver, as
   * in circuits made of edges (Goldowsky-Dill et al. 2023; Conmy et al. 2023).
   */
  EVERYTHING("direct"),
  /**
   * Attention is frozen and MLPs are computed again: the paths that go through no head but any
   * number of MLPs (Wang et al. 2022, on indirect object identification).
   */
  ATTENTION("through MLPs");

  private final String label;

  Freezing(String label) {
    this.label = label;
  }

  /** Returns how a result names its paths. */
  public String label() {
    return label;
  }
}
