package io.loupe.probes.store;

import io.loupe.workbench.display.ProgressLine;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Says how far a capture is. One of less than two seconds says nothing. */
final class StoreProgress {
  private static final double INTERVAL = 1; // seconds

  private final long rows;
  private final long before;
  private final long begin = System.nanoTime();
  private long done;
  private double said = INTERVAL;
  private boolean spoke;

  StoreProgress(long rows, List<StorePlan.Shard> missing) {
    this.rows = rows;
    this.before = rows - missing.stream().mapToLong(StorePlan.Shard::rows).sum();
    this.done = before;
  }

  Optional<ProgressLine> more(int captured) {
    done += captured;
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (seconds - said < INTERVAL) {
      return Optional.empty();
    }
    said = seconds;
    spoke = true;
    double rate = (done - before) / seconds;
    return Optional.of(
        new ProgressLine(
            String.format(
                Locale.ROOT,
                "store: %,d of %,d tokens, %,.0f/s, %.0f s left",
                done,
                rows,
                rate,
                (rows - done) / rate),
            false));
  }

  /** Says nothing if nothing was said before. */
  Optional<ProgressLine> ended() {
    return spoke
        ? Optional.of(
            new ProgressLine(
                String.format(
                    Locale.ROOT,
                    "store: %,d tokens in %.0f s",
                    done - before,
                    (System.nanoTime() - begin) / 1e9),
                true))
        : Optional.empty();
  }
}
