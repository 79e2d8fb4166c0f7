package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.SplittableRandom;

/**
 * Gaussian noise on the token embeddings of a span (Meng et al. 2022).
 *
 * @param span its name
 * @param sigma the noise's standard deviation, in the embeddings' unit
 * @param seed together with the draw, the row and the position it makes the noise of a token:
 *     whatever else is in the batch, and however it is padded
 */
record EmbeddingNoise(String span, double sigma, long seed) {

  /**
   * Returns the standard deviation of the embeddings of the span's tokens, over all entries, tokens
   * and rows.
   */
  static double deviation(HookedTransformer model, Tokens tokens, String span) {
    double scale = model.config().embedding().scale();
    double sum = 0;
    double squares = 0;
    long count = 0;
    for (int row = 0; row < tokens.batch(); row++) {
      Span named = tokens.span(row, span);
      long[] ids = tokens.row(row);
      for (int position = named.start(); position < named.end(); position++) {
        if (ids[position] < 0 || ids[position] >= model.config().vocab()) {
          throw new IllegalArgumentException(
              "Token %d in row %d is not in the vocabulary: 0 to %d"
                  .formatted(ids[position], row, model.config().vocab() - 1));
        }
        try (NDArray embedding = model.weights().get("embed.W_E").get(ids[position])) {
          for (double value : Tensors.doubles(embedding)) {
            sum += scale * value;
            squares += scale * value * scale * value;
            count++;
          }
        }
      }
    }
    double mean = sum / count;
    return Math.sqrt(Math.max(0, (squares - count * mean * mean) / (count - 1)));
  }

  /** Returns one draw of the noise, as an intervention. */
  Intervention draw(int draw) {
    long own = new SplittableRandom(seed).nextLong() + draw; // draws of one seed share nothing
    return Interventions.noise(Sites.EMBED.here(), Slice.span(span), sigma, own);
  }
}
