package io.loupe.probes.store;

import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.tensorfile.TensorFileException;
import io.loupe.workbench.tensorfile.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * One shard, read by slices. A tensor is held against its checksum before the first of its numbers
 * is handed out.
 */
final class ShardReader {
  private static final int BLOCK = 1 << 20;
  private static final String REPAIR =
      "; delete it and capture again with the same arguments, which makes this shard anew";

  private final Path file;
  private final StoreIndex.Shard shard;
  private final StoreLayout layout;
  private final Set<String> checked = ConcurrentHashMap.newKeySet();
  private @Nullable SafetensorsFile opened;

  ShardReader(Path folder, StoreIndex.Shard shard, StoreLayout layout) {
    this.file = folder.resolve(shard.file());
    this.shard = shard;
    this.layout = layout;
  }

  long firstRow() {
    return shard.firstRow();
  }

  int rows() {
    return shard.rows();
  }

  /** Checks that the file is there, of its size. */
  void requireSize() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new StoreException(
          file,
          "this shard is missing; capture again with the same arguments, which makes it anew");
    }
    long size = Files.size(file);
    if (size != shard.bytes()) {
      throw new StoreException(
          file,
          "this shard has %d bytes, the index says %d: it was cut off or changed"
                  .formatted(size, shard.bytes())
              + REPAIR);
    }
  }

  /** Reads all of the shard against its checksums. */
  void verify() throws IOException {
    requireSize();
    for (StoreLayout.Column column : layout.columns()) {
      checked(column);
    }
  }

  float[] floats(StoreLayout.Column column, int row, int count) throws IOException {
    return checked(column)
        .floats(column.name(), (long) row * column.width(), count * column.width());
  }

  long[] longs(StoreLayout.Column column, int row, int count) throws IOException {
    return checked(column).longs(column.name(), row, count);
  }

  private SafetensorsFile checked(StoreLayout.Column column) throws IOException {
    SafetensorsFile tensors = open();
    if (!checked.contains(column.name())) {
      TensorInfo info = tensors.info(column.name());
      List<Long> shape = new ArrayList<>(List.of((long) shard.rows()));
      shape.addAll(column.rowShape());
      if (!info.shape().equals(shape) || info.type() != column.type()) {
        throw new StoreException(
            file,
            "%s is %s %s, the index says %s %s"
                    .formatted(column.name(), info.type(), info.shape(), column.type(), shape)
                + REPAIR);
      }
      Long expected = shard.crc32().get(column.name());
      if (expected == null || crc32(info) != expected) {
        throw new StoreException(
            file, column.name() + " does not fit its checksum: the file was changed" + REPAIR);
      }
      checked.add(column.name());
    }
    return tensors;
  }

  private synchronized SafetensorsFile open() throws IOException {
    if (opened == null) {
      requireSize();
      try {
        opened = SafetensorsFile.open(file);
      } catch (TensorFileException e) {
        throw new StoreException(file, "damaged: " + e.getMessage() + REPAIR, e);
      }
    }
    return opened;
  }

  private long crc32(TensorInfo info) throws IOException {
    CRC32 crc = new CRC32();
    ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (long position = info.begin(); position < info.end(); ) {
        block.clear().limit((int) Math.min(BLOCK, info.end() - position));
        int read = channel.read(block, position);
        if (read < 0) {
          throw new StoreException(file, "this shard became shorter while it was read" + REPAIR);
        }
        crc.update(block.flip());
        position += read;
      }
    }
    return crc.getValue();
  }
}
