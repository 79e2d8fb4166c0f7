package io.loupe.probes.store;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.ipc.message.ArrowFooter;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;

/**
 * Writes the Arrow IPC file format by the library's messages. The library's own writer hands its
 * memory to the channel as a buffer of {@code java.nio}, which it may make only if the JVM was
 * started with {@code --add-opens java.base/java.nio=ALL-UNNAMED}; this one copies the bytes, and
 * needs no option.
 */
final class ArrowFile implements AutoCloseable {
  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);

  private final VectorSchemaRoot root;
  private final WriteChannel out;
  private final List<ArrowBlock> batches = new ArrayList<>();

  /** Writes magic and schema. */
  ArrowFile(WritableByteChannel channel, VectorSchemaRoot root) throws IOException {
    this.root = root;
    this.out = new CopyingChannel(channel);
    out.write(MAGIC);
    out.align();
    MessageSerializer.serialize(out, root.getSchema());
  }

  /** Writes what is in the vectors now. */
  void writeBatch() throws IOException {
    try (ArrowRecordBatch batch = new VectorUnloader(root).getRecordBatch()) {
      batches.add(MessageSerializer.serialize(out, batch));
    }
  }

  /** Writes the footer, without which it is no file. */
  void end() throws IOException {
    out.writeIntLittleEndian(MessageSerializer.IPC_CONTINUATION_TOKEN);
    out.writeIntLittleEndian(0);
    long begin = out.getCurrentPosition();
    out.write(
        new ArrowFooter(
            root.getSchema(),
            List.of(),
            batches,
            root.getSchema().getCustomMetadata(),
            IpcOption.DEFAULT.metadataVersion),
        false);
    out.writeIntLittleEndian((int) (out.getCurrentPosition() - begin));
    out.write(MAGIC);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** Copies Arrow's memory instead of lending it. */
  private static final class CopyingChannel extends WriteChannel {
    private static final int BLOCK = 1 << 16;

    private final byte[] block = new byte[BLOCK];

    CopyingChannel(WritableByteChannel out) {
      super(out);
    }

    @Override
    public void write(ArrowBuf buffer) throws IOException {
      long length = buffer.readableBytes();
      for (long done = 0; done < length; done += BLOCK) {
        int count = (int) Math.min(BLOCK, length - done);
        buffer.getBytes(buffer.readerIndex() + done, block, 0, count);
        write(count == BLOCK ? block : Arrays.copyOf(block, count));
      }
    }
  }
}
