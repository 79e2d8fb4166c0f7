package io.loupe.probes.store;

import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensorfile.StoredType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tensors of every shard: first the columns that say which token a row is, then the
 * activations. All have the rows as their first axis.
 *
 * @param shapes the axes of an activation behind batch and position, by point
 * @param type of the activations
 * @param labels kinds of labels
 */
record StoreLayout(Map<HookPoint, List<Long>> shapes, StoredType type, List<String> labels) {
  static final String DOCUMENT = "document";
  static final String POSITION = "position";
  static final String TOKEN = "token";
  static final String LABEL = "label.";
  private static final int ALIGNMENT = 8;

  StoreLayout {
    shapes = new LinkedHashMap<>(shapes);
    labels = List.copyOf(labels);
  }

  /** One tensor of a shard. */
  record Column(String name, StoredType type, List<Long> rowShape) {
    /** Returns the numbers of one row. */
    int width() {
      return (int) rowShape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }

    long rowBytes() {
      return (long) width() * type.bytes();
    }
  }

  List<HookPoint> points() {
    return List.copyOf(shapes.keySet());
  }

  /** Returns the names of the columns that are no activations. */
  List<String> names() {
    List<String> names = new ArrayList<>(List.of(DOCUMENT, POSITION, TOKEN));
    labels.forEach(label -> names.add(LABEL + label));
    return names;
  }

  List<Column> columns() {
    List<Column> columns = new ArrayList<>();
    names().forEach(name -> columns.add(new Column(name, StoredType.I32, List.of())));
    shapes.forEach((point, shape) -> columns.add(column(point, shape)));
    return columns;
  }

  Column column(HookPoint point) {
    List<Long> shape = shapes.get(point);
    if (shape == null) {
      throw new IllegalArgumentException(
          "The store has %s; it has no %s".formatted(points(), point));
    }
    return column(point, shape);
  }

  private Column column(HookPoint point, List<Long> shape) {
    return new Column(point.toString(), type, shape);
  }

  /** Returns the bytes of a row in all columns. */
  long rowBytes() {
    return columns().stream().mapToLong(Column::rowBytes).sum();
  }

  /** Returns the safetensors header of a shard with so many rows; data follow it at once. */
  byte[] header(int rows) {
    ObjectNode root = JsonMapper.shared().createObjectNode();
    root.putObject("__metadata__").put("format", StoreIndex.FORMAT);
    long begin = 0;
    for (Column column : columns()) {
      ObjectNode node = root.putObject(column.name());
      node.put("dtype", column.type().name());
      ArrayNode shape = node.putArray("shape").add(rows);
      column.rowShape().forEach(shape::add);
      long end = begin + rows * column.rowBytes();
      node.putArray("data_offsets").add(begin).add(end);
      begin = end;
    }
    byte[] json = JsonMapper.shared().writeValueAsBytes(root);
    int length = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(length).put(json);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.array();
  }
}
