package io.loupe.datasets.task;

/** What an example is for. The splits of a task share no clean input. */
public enum Split {
  /** To train on, or to find something on. */
  TRAIN,
  /** To choose on. */
  VALIDATION,
  /** To report on. */
  TEST;

  private static final double BITS = 0x1p53;

  /**
   * Returns the split of a group by a hash of its name: about 80 %, 10 % and 10 % of all groups. It
   * does not depend on what other groups there are, so that a sample and the full set, or a
   * filtered set and the whole, never have a group on different sides.
   *
   * @param salt another salt shares out differently: the dataset's name
   * @param group what is kept together, such as an entity or a sentence
   */
  public static Split ofGroup(String salt, String group) {
    double at = (Mixing.hash(salt + "/" + group) >>> 11) / BITS;
    if (at < SplitShares.USUAL.train()) {
      return TRAIN;
    }
    return at < SplitShares.USUAL.train() + SplitShares.USUAL.validation() ? VALIDATION : TEST;
  }
}
