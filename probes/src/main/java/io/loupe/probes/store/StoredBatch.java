package io.loupe.probes.store;

import io.loupe.workbench.site.HookPoint;
import java.io.IOException;

/**
 * Consecutive rows of a store; read from the disk when they are asked for.
 *
 * @param store which they are of
 * @param firstRow the first of them
 * @param rows how many
 */
public record StoredBatch(ActivationStore store, long firstRow, int rows) {
  /** Returns the activations at a point, [row, ...] in row-major order. */
  public float[] values(HookPoint at) throws IOException {
    return store.rows(at, firstRow, rows);
  }

  /** Returns the rows' tokens. */
  public int[] tokens() throws IOException {
    return store.tokens(firstRow, rows);
  }

  /** Returns where in its document each row stands. */
  public int[] positions() throws IOException {
    return store.positions(firstRow, rows);
  }

  /** Returns which document each row is of, as a place in the store's list. */
  public int[] documents() throws IOException {
    return store.documentOf(firstRow, rows);
  }

  /** Returns the rows' labels, as places in the store's list of values; -1 for none. */
  public int[] labels(String name) throws IOException {
    return store.labels(name, firstRow, rows);
  }
}
