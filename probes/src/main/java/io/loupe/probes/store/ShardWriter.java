package io.loupe.probes.store;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Writes one shard while its rows come: each pass goes to its place in every tensor, so that no
 * more than a pass is held. The file is hidden until it is whole.
 */
final class ShardWriter implements AutoCloseable {
  static final String TEMPORARY = ".shard-*.tmp";
  private static final int BLOCK = 1 << 16;
  private static final float LARGEST_HALF = 65504;

  private final Path file;
  private final Path temporary;
  private final StorePlan.Shard shard;
  private final FileChannel channel;
  private final Map<String, Target> targets = new LinkedHashMap<>();
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK * 2);
  private final float[] floats = new float[BLOCK];
  private final long bytes;
  private int rows;

  /** Where the next bytes of a tensor go, and the checksum so far. */
  private static final class Target {
    private long position;
    private final CRC32 crc = new CRC32();

    Target(long position) {
      this.position = position;
    }
  }

  ShardWriter(Path folder, StoreLayout layout, StorePlan.Shard shard) throws IOException {
    this.shard = shard;
    this.file = folder.resolve(shard.file());
    this.temporary = folder.resolve("." + shard.file() + ".tmp");
    this.channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING);
    try {
      ByteBuffer header = ByteBuffer.wrap(layout.header(shard.rows()));
      long position = header.remaining();
      write(header, 0);
      for (StoreLayout.Column column : layout.columns()) {
        targets.put(column.name(), new Target(position));
        position += shard.rows() * column.rowBytes();
      }
      this.bytes = position;
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Appends the rows of one pass.
   *
   * @param ids of its documents
   * @param cache the activations, [batch, pos, ...]
   * @param columns the values of the other columns, by name
   */
  void add(List<String> ids, ActivationCache cache, StoreLayout layout, Map<String, int[]> columns)
      throws IOException {
    for (String name : layout.names()) {
      put(name, columns.getOrDefault(name, new int[0]));
    }
    for (HookPoint point : layout.points()) {
      NDArray array = cache.get(point);
      if (array.getDataType() == DataType.FLOAT32) {
        activations(layout.column(point), array, cache.tokens(), ids);
      } else {
        try (NDArray narrow = array.toType(DataType.FLOAT32, true)) {
          activations(layout.column(point), narrow, cache.tokens(), ids);
        }
      }
    }
    for (int row = 0; row < cache.tokens().batch(); row++) {
      rows += cache.tokens().length(row);
    }
  }

  private void put(String name, int[] values) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    all.asIntBuffer().put(values);
    append(name, all);
  }

  private void activations(
      StoreLayout.Column column, NDArray array, Tokens tokens, List<String> ids)
      throws IOException {
    ByteBuffer memory = array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
    long rowBytes = 4L * column.width();
    long expected = rowBytes * tokens.batch() * tokens.length();
    if (memory.remaining() != expected) {
      throw new IllegalStateException(
          "Expected %d bytes of float32 at %s, got %d"
              .formatted(expected, column.name(), memory.remaining()));
    }
    for (int row = 0; row < tokens.batch(); row++) {
      // padding stands on the right: documents are put into batches here
      long from = (long) row * tokens.length() * rowBytes;
      ByteBuffer own =
          memory
              .slice((int) from, (int) (tokens.length(row) * rowBytes))
              .order(ByteOrder.LITTLE_ENDIAN);
      if (column.type() == StoredType.F32) {
        append(column.name(), own);
      } else {
        appendHalves(column, own.asFloatBuffer(), ids.get(row));
      }
    }
  }

  private void appendHalves(StoreLayout.Column column, FloatBuffer values, String document)
      throws IOException {
    int done = 0;
    while (values.hasRemaining()) {
      int count = Math.min(BLOCK, values.remaining());
      values.get(floats, 0, count);
      ByteBuffer halves = block.clear().order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        float value = floats[i];
        short half = HalfFloats.fromFloat(value);
        if ((half & 0x7fff) == 0x7c00 && !Float.isInfinite(value)) {
          throw tooLarge(column, value, document, (done + i) / column.width());
        }
        halves.putShort(half);
      }
      append(column.name(), halves.flip());
      done += count;
    }
  }

  private IllegalArgumentException tooLarge(
      StoreLayout.Column column, float value, String document, int position) {
    return new IllegalArgumentException(
        "%s has the value %s in document '%s' at position %d, float16 ends at %.0f; store float32: options without float16()"
            .formatted(column.name(), value, document, position, LARGEST_HALF));
  }

  private void append(String name, ByteBuffer data) throws IOException {
    Target target = targets.get(name);
    if (target == null) {
      throw new IllegalStateException("The shard has no tensor " + name);
    }
    target.crc.update(data.duplicate());
    int length = data.remaining();
    write(data, target.position);
    target.position += length;
  }

  private void write(ByteBuffer data, long from) throws IOException {
    long position = from;
    while (data.hasRemaining()) {
      position += channel.write(data, position);
    }
  }

  /** Forces the shard to the disk and gives it its name. */
  StoreIndex.Shard finish() throws IOException {
    if (rows != shard.rows() || channel.size() != bytes) {
      throw new IllegalStateException(
          "Expected %d rows and %d bytes in %s, wrote %d and %d"
              .formatted(shard.rows(), bytes, file, rows, channel.size()));
    }
    channel.force(true);
    channel.close();
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Map<String, Long> sums = new LinkedHashMap<>();
    targets.forEach((name, target) -> sums.put(name, target.crc.getValue()));
    return new StoreIndex.Shard(shard.file(), shard.firstRow(), shard.rows(), bytes, sums);
  }

  /** Deletes what is not finished. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }
}
