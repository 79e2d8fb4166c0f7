package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Engines;
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
  Intervention draw(int draw, HookedTransformer model, Tokens tokens) {
    int width = model.config().dModel();
    float[] noise = new float[tokens.batch() * tokens.length() * width];
    for (int row = 0; row < tokens.batch(); row++) {
      Span named = tokens.span(row, span);
      for (int position = named.start(); position < named.end(); position++) {
        SplittableRandom random = random(draw, row, position);
        int at = (row * tokens.length() + tokens.column(row, position)) * width;
        for (int i = 0; i < width; i++) {
          noise[at + i] = (float) random.nextGaussian();
        }
      }
    }
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray values = scope.create(noise, new Shape(tokens.batch(), tokens.length(), width));
      return Interventions.add(Sites.EMBED.here(), Slice.span(span), values, sigma);
    }
  }

  /** Mixes the numbers well: neighbours in one of them share nothing. */
  private SplittableRandom random(int draw, int row, int position) {
    long mixed = seed;
    for (int part : new int[] {draw, row, position}) {
      mixed = new SplittableRandom(mixed).nextLong() + part;
    }
    return new SplittableRandom(new SplittableRandom(mixed).nextLong());
  }
}
