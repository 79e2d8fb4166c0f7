package io.loupe.workbench.lens;

/** What the final norm divides a vector by when a lens reads it. */
public enum NormScale {
  /**
   * The vector's own scale, as if it were the whole residual stream (nostalgebraist 2020). It
   * answers what the model would say if it had nothing else; a small vector is blown up.
   */
  OWN,
  /**
   * The scale of the run's last residual stream at the same position, as in direct logit
   * attribution (Elhage et al. 2021). Decoding is linear then: logits of parts add up. Of a part
   * (what an attention, a head or an MLP adds) the biases of norm and unembedding, which belong to
   * none, are left out, and a soft cap is not applied. A head's part goes through the norm behind
   * the attention, if there is one, at that norm's scale in the run.
   */
  FINAL
}
