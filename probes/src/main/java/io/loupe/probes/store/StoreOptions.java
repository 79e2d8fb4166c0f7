package io.loupe.probes.store;

import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.tensorfile.StoredType;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * What is stored, and how. Immutable.
 *
 * @param points the hook points, in the order of the forward pass; sites whose axes begin with
 *     batch and position
 * @param type {@code F32} or {@code F16} (rounded to the nearest, ties to even)
 * @param passTokens tokens of one forward pass at most, padding included, unless a single document
 *     is longer; decides which documents share a pass, and so the last bits of the activations
 * @param shardBytes how large a shard becomes, about
 */
public record StoreOptions(
    List<HookPoint> points, StoredType type, int passTokens, long shardBytes) {
  private static final int PASS_TOKENS = 1024;
  private static final long SHARD_BYTES = 64L << 20;

  public StoreOptions {
    points = List.copyOf(new TreeSet<>(points));
    if (points.isEmpty()) {
      throw new IllegalArgumentException(
          "Name at least one hook point, e.g. StoreOptions.at(RESID_POST.at(0))");
    }
    for (HookPoint point : points) {
      List<Axis> axes = point.site().axes();
      if (axes.size() < 3 || axes.get(1) != Axis.POS) {
        throw new IllegalArgumentException(
            "A store has a row for each token, so a site's axes must begin with BATCH, POS; %s has %s"
                .formatted(point, axes));
      }
    }
    if (type != StoredType.F32 && type != StoredType.F16) {
      throw new IllegalArgumentException("Activations are stored as F32 or F16; got " + type);
    }
    if (passTokens < 1 || shardBytes < 1) {
      throw new IllegalArgumentException(
          "A pass has at least 1 token and a shard 1 byte; got %d and %d"
              .formatted(passTokens, shardBytes));
    }
  }

  /** Stores some hook points in float32. */
  public static StoreOptions at(HookPoint... points) {
    return new StoreOptions(Arrays.asList(points), StoredType.F32, PASS_TOKENS, SHARD_BYTES);
  }

  /** Stores a site of some layers in float32. */
  public static StoreOptions of(Site site, int... layers) {
    return at(Arrays.stream(layers).mapToObj(site::at).toArray(HookPoint[]::new));
  }

  /** Returns these options with float16: half the disk, three significant digits, up to 65504. */
  public StoreOptions float16() {
    return new StoreOptions(points, StoredType.F16, passTokens, shardBytes);
  }

  /** Returns these options with passes of another size. */
  public StoreOptions passTokens(int tokens) {
    return new StoreOptions(points, type, tokens, shardBytes);
  }

  /** Returns these options with shards of another size. */
  public StoreOptions shardBytes(long bytes) {
    return new StoreOptions(points, type, passTokens, bytes);
  }
}
