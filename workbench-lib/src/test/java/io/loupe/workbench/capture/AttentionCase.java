package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.Random;

/** Random queries, keys and values over random tokens. */
final class AttentionCase {
  final Tokens tokens;
  final int heads;
  final int kvHeads;
  final int d;
  final AttentionRule rule;
  final float[] q;
  final float[] k;
  final float[] v;

  /** Makes one of unpadded rows, if there is one length, or of padded ones. */
  AttentionCase(
      long seed,
      int heads,
      int kvHeads,
      int d,
      AttentionRule rule,
      Tokens.Padding side,
      int... lengths) {
    Random random = new Random(seed);
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.d = d;
    this.rule = rule;
    long[][] rows = new long[lengths.length][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = random.longs(lengths[row], 0, Math.max(2, lengths[row] / 3)).toArray();
    }
    Tokens made = Tokens.padded(side, rows);
    for (int row = 0; row < rows.length; row++) {
      int start = lengths[row] / 3;
      made = made.withSpans(row, List.of(new Span("needle", start, start + 1 + lengths[row] / 5)));
    }
    this.tokens = made;
    int columns = tokens.batch() * tokens.length();
    this.q = gaussian(random, columns * heads * d, 1.5);
    this.k = gaussian(random, columns * kvHeads * d, 1.5);
    this.v = gaussian(random, columns * kvHeads * d, 1);
  }

  private static float[] gaussian(Random random, int size, double scale) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (scale * random.nextGaussian());
    }
    return values;
  }

  int at(int row, int column, int head, int ofHeads, int dimension) {
    return ((row * tokens.length() + column) * ofHeads + head) * d + dimension;
  }

  /** Returns a call of the last so many queries over all keys. */
  AttentionCall lastQueries(NDManager manager, int count, AttentionRequest request) {
    AttentionCall all = call(manager, request);
    NDArray some = all.q().get(":, %d:".formatted(tokens.length() - count)).duplicate();
    return new AttentionCall(all.layer(), some, all.k(), all.v(), rule, tokens, request);
  }

  AttentionCall call(NDManager manager, AttentionRequest request) {
    int batch = tokens.batch();
    int columns = tokens.length();
    return new AttentionCall(
        1,
        manager.create(q, new Shape(batch, columns, heads, d)),
        manager.create(k, new Shape(batch, columns, kvHeads, d)),
        manager.create(v, new Shape(batch, columns, kvHeads, d)),
        rule,
        tokens,
        request);
  }
}
