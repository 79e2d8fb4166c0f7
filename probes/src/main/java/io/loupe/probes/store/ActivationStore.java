package io.loupe.probes.store;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensorfile.StoredType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The activations of a corpus on disk, a row for each token: safetensors files and an index in
 * JSON, in a folder. {@link #capture} makes one, and goes on with one that was broken off; {@link
 * #open} reads one. Memory does not depend on its size. Safe for use by several threads.
 *
 * <p>Python reads the folder as it is: {@code index.json} names the shards, and in each of them the
 * tensors {@code document}, {@code position}, {@code token}, {@code label.NAME} ([row], int32;
 * labels are places in the index's lists, -1 for none) and the activations, named as in
 * TransformerLens, [row, ...].
 *
 * <p>Every tensor of a shard is held against its checksum before the first of its numbers is handed
 * out, so a changed file is an error and never a number.
 */
public final class ActivationStore implements Displayable {
  private final Path folder;
  private final StoreIndex index;
  private final DocumentTable documents;
  private final List<ShardReader> shards;
  private final long[] firstRows;

  private ActivationStore(
      Path folder, StoreIndex index, DocumentTable documents, List<ShardReader> shards) {
    this.folder = folder;
    this.index = index;
    this.documents = documents;
    this.shards = shards;
    this.firstRows = shards.stream().mapToLong(ShardReader::firstRow).toArray();
  }

  /**
   * Runs a model on all documents and streams its activations into a folder; finished shards of the
   * same capture that are there already are kept. The model runs in this thread while another
   * writes; the process may be killed at any moment, and the same call then goes on: the folder
   * becomes the same, byte for byte, on the CPU and as many cores.
   *
   * @param documents given one or more times, in the same order; may be a list that makes them on
   *     demand
   * @param folder a new one, or one with a part of this store
   * @throws IllegalArgumentException before the first pass, if a document does not fit the model, a
   *     point is not in it, or the folder holds something else, naming what differs; during the
   *     capture, if a value does not fit float16
   * @throws StoreException if the disk is full, or a shard that is there already was changed
   */
  public static ActivationStore capture(
      HookedTransformer model, List<Document> documents, StoreOptions options, Path folder)
      throws IOException {
    StoreWriter.write(model, documents, options, folder);
    return open(folder);
  }

  /**
   * Opens a whole store.
   *
   * @throws StoreException if there is none, it is of another version, a shard is missing or cut
   *     off, or its capture was broken off
   */
  public static ActivationStore open(Path folder) throws IOException {
    StoreIndex index = StoreIndex.read(folder);
    List<ShardReader> shards =
        index.shards().stream()
            .map(shard -> new ShardReader(folder, shard, index.layout()))
            .toList();
    long rows = shards.stream().mapToLong(ShardReader::rows).sum();
    if (!index.complete() || rows != index.rows()) {
      throw new StoreException(
          folder,
          "its capture was broken off behind %,d of %,d rows; call ActivationStore.capture(...) with the same arguments, which goes on there"
              .formatted(rows, index.rows()));
    }
    for (ShardReader shard : shards) {
      shard.requireSize();
    }
    return new ActivationStore(folder, index, DocumentTable.read(folder, index), shards);
  }

  /** Reads every byte against its checksum. */
  public void verify() throws IOException {
    for (ShardReader shard : shards) {
      shard.verify();
    }
  }

  // what it is

  /** Returns the number of rows: tokens of all documents. */
  public long rows() {
    return index.rows();
  }

  /** Returns what is stored of each token, in the order of the forward pass. */
  public List<HookPoint> points() {
    return index.layout().points();
  }

  /** Returns the axes of a token's activation, such as [head, d_head] at z. */
  public List<Long> shape(HookPoint at) {
    return index.layout().column(at).rowShape();
  }

  /** Returns how many numbers a token's activation has. */
  public int width(HookPoint at) {
    return index.layout().column(at).width();
  }

  /** Returns {@code F32} or {@code F16}. */
  public StoredType type() {
    return index.layout().type();
  }

  /** Returns the documents' ids, in their order. */
  public List<String> documents() {
    return documents.ids();
  }

  /** Returns the kinds of labels, and the values of each; the rows hold places in these lists. */
  public Map<String, List<String>> labels() {
    return Collections.unmodifiableMap(index.labels());
  }

  /**
   * Returns how the store came about: {@code model}, {@code weights_sha256}, {@code
   * tokenizer_sha256}, {@code gauge}, {@code interventions}, {@code corpus_sha256}, versions, ...
   */
  public Map<String, String> provenance() {
    return Collections.unmodifiableMap(index.provenance());
  }

  /** Returns the folder. */
  public Path folder() {
    return folder;
  }

  // reading

  /** Returns one token's activation, as wide as {@link #width}. */
  public float[] row(HookPoint at, long row) throws IOException {
    return rows(at, row, 1);
  }

  /** Returns the activations of consecutive tokens, [row, ...] in row-major order. */
  public float[] rows(HookPoint at, long from, int count) throws IOException {
    StoreLayout.Column column = index.layout().column(at);
    float[] all = new float[length(from, count, column.width())];
    overShards(
        from,
        count,
        (shard, first, rows, done) -> {
          float[] values = shard.floats(column, first, rows);
          System.arraycopy(values, 0, all, done * column.width(), values.length);
        });
    return all;
  }

  /** Returns the activations of any tokens in the order given, [row][number]. */
  public float[][] rows(HookPoint at, long... rows) throws IOException {
    float[][] all = new float[rows.length][];
    // in the order of the files, which the disk likes better
    int[] order =
        IntStream.range(0, rows.length)
            .boxed()
            .sorted((a, b) -> Long.compare(rows[a], rows[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int i : order) {
      all[i] = row(at, rows[i]);
    }
    return all;
  }

  /** Returns which document each of some rows is of, as a place in {@link #documents}. */
  public int[] documentOf(long from, int count) throws IOException {
    return column(StoreLayout.DOCUMENT, from, count);
  }

  /** Returns where in its document each of some rows stands, from 0. */
  public int[] positions(long from, int count) throws IOException {
    return column(StoreLayout.POSITION, from, count);
  }

  /** Returns the tokens of some rows. */
  public int[] tokens(long from, int count) throws IOException {
    return column(StoreLayout.TOKEN, from, count);
  }

  /** Returns the labels of some rows, as places in {@code labels().get(name)}; -1 for none. */
  public int[] labels(String name, long from, int count) throws IOException {
    if (!index.labels().containsKey(name)) {
      throw new IllegalArgumentException(
          "The store has the labels %s; it has no '%s'".formatted(index.labels().keySet(), name));
    }
    return column(StoreLayout.LABEL + name, from, count);
  }

  /** Returns the first row of a document. */
  public long firstRow(String document) {
    return documents.firstRow(documents.place(document));
  }

  /** Returns how many rows a document has. */
  public int rowsOf(String document) {
    int place = documents.place(document);
    return (int) (documents.firstRow(place + 1) - documents.firstRow(place));
  }

  /**
   * Goes through all rows in their order.
   *
   * @param rows of each batch but the last, which may have fewer
   */
  public Iterable<StoredBatch> batches(int rows) {
    if (rows < 1) {
      throw new IllegalArgumentException("A batch has at least 1 row; got " + rows);
    }
    long count = (rows() + rows - 1) / rows;
    return () ->
        LongStream.range(0, count)
            .mapToObj(
                i -> {
                  long from = i * rows;
                  return new StoredBatch(this, from, (int) Math.min(rows, rows() - from));
                })
            .iterator();
  }

  /**
   * Writes all rows as an Arrow file (IPC file format, read by pyarrow, polars, DuckDB, R): columns
   * {@code document} (text), {@code position}, {@code token}, the labels (text, null for none), and
   * a fixed-size list of float or halffloat for each point.
   */
  public void exportArrow(Path file) throws IOException {
    ArrowExport.write(this, file);
  }

  private int[] column(String name, long from, int count) throws IOException {
    StoreLayout.Column column = new StoreLayout.Column(name, StoredType.I32, List.of());
    int[] all = new int[length(from, count, 1)];
    overShards(
        from,
        count,
        (shard, first, rows, done) -> {
          long[] values = shard.longs(column, first, rows);
          for (int i = 0; i < rows; i++) {
            all[done + i] = (int) values[i];
          }
        });
    return all;
  }

  /** Reads rows of one shard, from its row {@code first} on; {@code done} rows were read before. */
  @FunctionalInterface
  private interface PartReader {
    void read(ShardReader shard, int first, int rows, int done) throws IOException;
  }

  private void overShards(long from, int count, PartReader reader) throws IOException {
    int done = 0;
    while (done < count) {
      ShardReader shard = shards.get(shardOf(from + done));
      int first = (int) (from + done - shard.firstRow());
      int rows = Math.min(count - done, shard.rows() - first);
      reader.read(shard, first, rows, done);
      done += rows;
    }
  }

  private int length(long from, int count, int width) {
    if (from < 0 || count < 0 || from > rows() - count) {
      throw new IllegalArgumentException(
          "The store has the rows 0 to %d; asked for %d from %d on"
              .formatted(rows() - 1, count, from));
    }
    long length = (long) count * width;
    if (length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "%d rows of %d numbers are more than a Java array holds; use batches(rows)"
              .formatted(count, width));
    }
    return (int) length;
  }

  private int shardOf(long row) {
    int found = Arrays.binarySearch(firstRows, row);
    return found >= 0 ? found : -found - 2;
  }

  @Override
  public MimeBundle display() {
    Table table = Table.of("activation", "shape of a row", "type", "rows", "MB");
    for (HookPoint point : points()) {
      double megabytes = rows() * (double) index.layout().column(point).rowBytes() / (1 << 20);
      table = table.row(point, shape(point), type(), rows(), megabytes);
    }
    return table.display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "ActivationStore[%s: %,d rows of %d documents, %s %s, model %s]"
        .formatted(
            folder,
            rows(),
            documents().size(),
            points(),
            type(),
            provenance().getOrDefault("model", "?"));
  }
}
