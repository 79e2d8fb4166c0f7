package io.loupe.workbench.nn;

/**
 * How a layer is put together.
 *
 * @param norms where its norms stand
 * @param parallel whether attention and MLP both read the stream before the layer (GPT-J, Wang and
 *     Komatsuzaki 2021), rather than the MLP what the attention left
 */
public record BlockSpec(Norms norms, boolean parallel) {
  /** Norms before attention and MLP, one after the other, as in GPT-2 and Llama. */
  public static final BlockSpec PRE_NORM = new BlockSpec(Norms.BEFORE, false);

  /** No norms, one after the other. */
  public static final BlockSpec NO_NORM = new BlockSpec(Norms.NONE, false);

  public BlockSpec {
    if (parallel && norms != Norms.BEFORE) {
      throw new IllegalArgumentException(
          "Attention and MLP in parallel go with norms before them; got " + norms);
    }
  }

  /** Where a layer's norms stand; f is the attention or the MLP, x the residual stream. */
  public enum Norms {
    /** x + f(norm(x)): GPT-2, Llama (Xiong et al. 2020). */
    BEFORE,
    /** x + norm(f(norm(x))): Gemma 2 and 3. */
    AROUND,
    /** x + norm(f(x)): OLMo 2. */
    BEHIND,
    /** x + f(x): no norms, as in small models that are made to be read (Elhage et al. 2021). */
    NONE,
    /** norm(x + f(x)): BERT, OPT-350m (Vaswani et al. 2017). The stream itself is normalised. */
    ON_STREAM,
    /** norm(x) + f(norm(x)): a BLOOM variant. The stream itself is normalised. */
    ON_STREAM_BEFORE;

    /** Tells whether f reads a normalised stream rather than the stream itself. */
    public boolean readsNormalised() {
      return this == BEFORE || this == AROUND || this == ON_STREAM_BEFORE;
    }

    /** Tells whether a norm stands behind f: on what it adds, or on the sum. */
    public boolean hasBehind() {
      return this == AROUND || this == BEHIND || this == ON_STREAM;
    }

    /** Tells whether the residual stream is a plain sum of what the parts add to it. */
    public boolean streamIsSum() {
      return this == BEFORE || this == AROUND || this == BEHIND || this == NONE;
    }
  }
}
