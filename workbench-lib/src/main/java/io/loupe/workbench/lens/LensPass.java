package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** A forward pass over some rows of a corpus, of which a lens sees every token. */
final class LensPass {
  private LensPass() {}

  /** Takes what a lens reads and what it should say. */
  interface Visitor {
    /** Gets the model's own log-probabilities, [token, vocab]; they live until the pass ends. */
    void target(Tokens batch, NDArray logProbabilities);

    /** Gets a source at every token, [token, width]; it is freed afterwards. */
    void source(Translator.Source source, NDArray x);
  }

  /**
   * Runs the model.
   *
   * @param parent the scope in which what the visitor computes is made
   */
  static void run(
      HookedTransformer model,
      Tokens batch,
      List<Translator.Source> sources,
      NDManager parent,
      Visitor visitor) {
    Set<HookPoint> points =
        sources.stream().map(Translator.Source::point).collect(Collectors.toSet());
    try (Run run = model.run(batch, Capture.matching(points::contains));
        NDManager scope = parent.newSubManager()) {
      visitor.target(batch, tokens(run.logits(), null, batch, scope).logSoftmax(-1));
      for (Translator.Source source : sources) {
        try (NDManager inner = scope.newSubManager()) {
          visitor.source(source, tokens(run.cache().get(source.point()), source, batch, inner));
        }
      }
    }
  }

  /** Returns what an activation holds at all tokens of all rows, padding left out. */
  private static NDArray tokens(
      NDArray activation, Translator.@Nullable Source source, Tokens batch, NDManager scope) {
    NDArray own = activation.stopGradient();
    own.attach(scope);
    if (source != null && source.head() != null) {
      own = own.get(":, :, " + source.head().index());
    }
    long width = own.getShape().get(2);
    NDArray flat = own.reshape((long) batch.batch() * batch.length(), width);
    return batch.isPadded() ? flat.get(scope.create(columns(batch))) : flat;
  }

  private static long[] columns(Tokens batch) {
    LongStream.Builder columns = LongStream.builder();
    for (int row = 0; row < batch.batch(); row++) {
      for (int column : batch.columns(row)) {
        columns.add((long) row * batch.length() + column);
      }
    }
    return columns.build().toArray();
  }

  /** Cuts a corpus into batches of about so many tokens, in order. */
  static void inBatches(Tokens corpus, int tokens, BiConsumer<Integer, Tokens> each) {
    int size = Math.max(1, tokens / corpus.length());
    for (int from = 0; from < corpus.batch(); from += size) {
      int[] rows = new int[Math.min(size, corpus.batch() - from)];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = from + i;
      }
      each.accept(from, rows(corpus, rows));
    }
  }

  /** Returns some rows of a corpus, padded on the right. */
  static Tokens rows(Tokens corpus, int[] rows) {
    long[][] ids = new long[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      ids[i] = corpus.row(rows[i]);
    }
    return Tokens.padded(Tokens.Padding.RIGHT, ids);
  }

  /** Returns KL(target || said) at each token, in nats, [token]. */
  static NDArray divergence(NDArray target, NDArray said) {
    return target.sub(said).mul(target.exp()).sum(new int[] {1});
  }
}
