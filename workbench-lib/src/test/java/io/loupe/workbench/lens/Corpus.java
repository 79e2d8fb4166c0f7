package io.loupe.workbench.lens;

import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Sampling;
import io.loupe.workbench.text.Tokens;
import java.util.Random;

/** Texts to train lenses on. */
final class Corpus {
  private Corpus() {}

  /** Stories that the model tells itself, of one length. */
  static Tokens stories(HookedTransformer model, int texts, int tokens, long seed) {
    Tokens start = model.tokens("Once upon a time").repeat(texts);
    int more = tokens - start.length();
    return model
        .generate(start, GenerationOptions.sampled(more, Sampling.withTemperature(1), seed))
        .tokens();
  }

  /** Random tokens in rows of different lengths. */
  static Tokens random(HookedTransformer model, int texts, long seed) {
    Random random = new Random(seed);
    long[][] rows = new long[texts][];
    for (int row = 0; row < texts; row++) {
      rows[row] = random.longs(4 + random.nextInt(5), 0, model.config().vocab()).toArray();
    }
    return Tokens.padded(Tokens.Padding.RIGHT, rows);
  }
}
