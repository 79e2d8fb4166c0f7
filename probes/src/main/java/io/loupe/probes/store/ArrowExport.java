package io.loupe.probes.store;

import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.StoredType;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedWidthVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Copies a store into an Arrow file, some thousand rows at a time. */
final class ArrowExport {
  private static final int BATCH_BYTES = 16 << 20;

  private final ActivationStore store;

  private ArrowExport(ActivationStore store) {
    this.store = store;
  }

  static void write(ActivationStore store, Path file) throws IOException {
    new ArrowExport(store).write(file);
  }

  private void write(Path file) throws IOException {
    Path name = file.getFileName();
    if (name == null) {
      throw new IllegalArgumentException("Expected a file to write, got the root folder " + file);
    }
    Path temporary = file.resolveSibling("." + name + ".tmp");
    long rowBytes = store.points().stream().mapToLong(at -> 4L * store.width(at)).sum();
    int rows = (int) Math.max(1, Math.min(1 << 16, BATCH_BYTES / rowBytes));
    try {
      try (BufferAllocator allocator = new RootAllocator();
          VectorSchemaRoot root = VectorSchemaRoot.create(schema(), allocator);
          FileChannel channel =
              FileChannel.open(
                  temporary,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          ArrowFile out = new ArrowFile(channel, root)) {
        for (StoredBatch batch : store.batches(rows)) {
          fill(root, batch);
          out.writeBatch();
        }
        out.end();
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private Schema schema() {
    List<Field> fields = new ArrayList<>();
    fields.add(field(StoreLayout.DOCUMENT, new ArrowType.Utf8()));
    fields.add(field(StoreLayout.POSITION, new ArrowType.Int(32, true)));
    fields.add(field(StoreLayout.TOKEN, new ArrowType.Int(32, true)));
    store
        .labels()
        .keySet()
        .forEach(
            label -> fields.add(Field.nullable(StoreLayout.LABEL + label, new ArrowType.Utf8())));
    FloatingPointPrecision precision =
        store.type() == StoredType.F16
            ? FloatingPointPrecision.HALF
            : FloatingPointPrecision.SINGLE;
    for (HookPoint point : store.points()) {
      Field item = field("item", new ArrowType.FloatingPoint(precision));
      fields.add(
          new Field(
              point.toString(),
              FieldType.notNullable(new ArrowType.FixedSizeList(store.width(point))),
              List.of(item)));
    }
    return new Schema(fields, store.provenance());
  }

  private static Field field(String name, ArrowType type) {
    return new Field(name, FieldType.notNullable(type), List.of());
  }

  private void fill(VectorSchemaRoot root, StoredBatch batch) throws IOException {
    int rows = batch.rows();
    texts(root.getVector(StoreLayout.DOCUMENT), batch.documents(), store.documents());
    ints(root.getVector(StoreLayout.POSITION), batch.positions());
    ints(root.getVector(StoreLayout.TOKEN), batch.tokens());
    for (Map.Entry<String, List<String>> label : store.labels().entrySet()) {
      texts(
          root.getVector(StoreLayout.LABEL + label.getKey()),
          batch.labels(label.getKey()),
          label.getValue());
    }
    for (HookPoint point : store.points()) {
      activations(
          (FixedSizeListVector) root.getVector(point.toString()), batch.values(point), rows);
    }
    root.setRowCount(rows);
  }

  private static void texts(FieldVector vector, int[] places, List<String> values) {
    VarCharVector texts = (VarCharVector) vector;
    texts.reset();
    for (int i = 0; i < places.length; i++) {
      if (places[i] < 0) {
        texts.setNull(i);
      } else {
        texts.setSafe(i, values.get(places[i]).getBytes(StandardCharsets.UTF_8));
      }
    }
    texts.setValueCount(places.length);
  }

  private static void ints(FieldVector vector, int[] values) {
    IntVector ints = (IntVector) vector;
    ints.allocateNew(values.length);
    for (int i = 0; i < values.length; i++) {
      ints.set(i, values[i]);
    }
    ints.setValueCount(values.length);
  }

  private void activations(FixedSizeListVector vector, float[] values, int rows) {
    FieldVector data = vector.getDataVector();
    vector.setInitialCapacity(rows);
    vector.allocateNew();
    ((FixedWidthVector) data).allocateNew(values.length);
    ArrowBuf memory = data.getDataBuffer();
    boolean halves = store.type() == StoredType.F16;
    for (int i = 0; i < values.length; i++) {
      if (halves) {
        memory.setShort(2L * i, HalfFloats.fromFloat(values[i]));
      } else {
        memory.setFloat(4L * i, values[i]);
      }
    }
    ones(data.getValidityBuffer(), values.length);
    ones(vector.getValidityBuffer(), rows);
    data.setValueCount(values.length);
    vector.setValueCount(rows);
  }

  /** Marks all values as there. */
  private static void ones(ArrowBuf validity, int count) {
    validity.setOne(0, (count + 7) / 8);
  }
}
