package io.loupe.probes.store;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;

/** A program that prints an exported store as Arrow's own reader sees it. */
final class ArrowDump {
  private ArrowDump() {}

  public static void main(String[] file) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (BufferAllocator allocator = new RootAllocator();
        FileChannel channel = FileChannel.open(Path.of(file[0]));
        ArrowFileReader reader = new ArrowFileReader(channel, allocator)) {
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      out.println("model = " + root.getSchema().getCustomMetadata().get("model"));
      while (reader.loadNextBatch()) {
        for (int i = 0; i < root.getRowCount(); i++) {
          Object kind = root.getVector("label.kind").getObject(i);
          List<?> z = (List<?>) root.getVector("blocks.1.attn.hook_z").getObject(i);
          out.println(
              String.format(
                  Locale.ROOT,
                  "%s|%s|%s|%s|%x|%x",
                  root.getVector("document").getObject(i),
                  root.getVector("position").getObject(i),
                  root.getVector("token").getObject(i),
                  kind == null ? "" : kind,
                  bits(z.get(0)),
                  bits(z.get(47))));
        }
      }
    }
  }

  /** A half comes as its bits. */
  private static int bits(Object value) {
    return value instanceof Short half ? half & 0xffff : Float.floatToRawIntBits((Float) value);
  }
}
