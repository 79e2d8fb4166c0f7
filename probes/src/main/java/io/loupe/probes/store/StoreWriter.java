package io.loupe.probes.store;

import io.loupe.workbench.display.Display;
import io.loupe.workbench.family.CheckpointWriter;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Captures what is still missing of a store: runs the model here, writes in a second thread. */
final class StoreWriter {
  private static final String LOCK = ".writing.lock";
  private static final int WAITING_KIBIBYTES = 32 << 10;

  private final HookedTransformer model;
  private final List<Document> documents;
  private final StoreOptions options;
  private final Path folder;
  private final Corpus corpus;
  private final List<StorePlan.Shard> plan;
  private volatile StoreIndex index;
  private @Nullable ShardWriter writing;

  private StoreWriter(
      HookedTransformer model, List<Document> documents, StoreOptions options, Path folder) {
    this.model = model;
    this.documents = documents;
    this.options = options;
    this.folder = folder;
    this.corpus = Corpus.of(documents, model.config());
    StoreLayout layout =
        new StoreLayout(
            shapes(model, documents.get(0), options.points()),
            options.type(),
            List.copyOf(corpus.labels().keySet()));
    long shardRows = Math.max(1, options.shardBytes() / layout.rowBytes());
    this.plan = StorePlan.of(corpus.lengths(), options.passTokens(), shardRows);
    this.index =
        new StoreIndex(
            false,
            corpus.rows(),
            documents.size(),
            layout,
            corpus.labels(),
            provenance(model, corpus, options),
            List.of());
  }

  /** Makes a folder the store of these documents, whatever part of it is there already. */
  static void write(
      HookedTransformer model, List<Document> documents, StoreOptions options, Path folder)
      throws IOException {
    StoreWriter writer = new StoreWriter(model, documents, options, folder);
    Files.createDirectories(folder);
    writer.checkFolder();
    Path lock = folder.resolve(LOCK);
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = locked(folder, channel)) {
      if (!held.isValid()) {
        throw new StoreException(folder, "could not be locked");
      }
      writer.begin();
      writer.run();
      Files.deleteIfExists(lock);
    }
  }

  private static FileLock locked(Path folder, FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
    } catch (OverlappingFileLockException e) {
      throw new StoreException(folder, "another capture of this JVM is writing this store", e);
    }
    throw new StoreException(folder, "another process is writing this store; wait for it");
  }

  /** Learns the shapes from one document, and that interventions and points are there. */
  private static Map<HookPoint, List<Long>> shapes(
      HookedTransformer model, Document document, List<HookPoint> points) {
    ActivationCache cache = model.activations(Tokens.of(document.tokens()), points);
    Map<HookPoint, List<Long>> shapes = new LinkedHashMap<>();
    for (HookPoint point : points) {
      long[] shape = cache.get(point).getShape().getShape();
      shapes.put(point, Arrays.stream(shape, 2, shape.length).boxed().toList());
    }
    close(cache);
    return shapes;
  }

  private static void close(ActivationCache cache) {
    cache.points().forEach(point -> cache.get(point).close());
  }

  private static Map<String, String> provenance(
      HookedTransformer model, Corpus corpus, StoreOptions options) {
    Provenance origin = model.provenance(Tokens.of(new long[] {0}));
    Map<String, String> all = new LinkedHashMap<>();
    all.put("model", origin.model());
    all.put("weights_sha256", origin.weightsSha256());
    all.put("tokenizer_sha256", origin.tokenizerSha256());
    all.put("gauge", origin.gauge());
    all.put("interventions", origin.interventions().toString());
    all.put("type", origin.type());
    all.put("device", origin.device());
    all.put("corpus_sha256", corpus.sha256());
    all.put("pass_tokens", String.valueOf(options.passTokens()));
    all.put("shard_bytes", String.valueOf(options.shardBytes()));
    origin.versions().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(version -> all.put(version.getKey(), version.getValue()));
    return all;
  }

  private void checkFolder() throws IOException {
    if (Files.exists(folder.resolve(StoreIndex.FILE))) {
      List<String> differences = index.differences(StoreIndex.read(folder));
      if (!differences.isEmpty()) {
        throw new IllegalArgumentException(
            "The folder %s holds another store: %s. Give another folder, or delete that one"
                .formatted(folder, String.join("; ", differences)));
      }
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (!name.startsWith(".") && !name.equals(DocumentTable.FILE)) {
          throw new IllegalArgumentException(
              "The folder %s holds other files (%s): give an empty one for a store"
                  .formatted(folder, name));
        }
      }
    }
  }

  /** Takes over the finished shards of a capture that was broken off, after their checksums. */
  private void begin() throws IOException {
    removeTemporary();
    if (!Files.exists(folder.resolve(StoreIndex.FILE))) {
      CheckpointWriter.text(
          folder.resolve(DocumentTable.FILE), DocumentTable.json(corpus.ids(), corpus.lengths()));
      save();
      return;
    }
    StoreIndex there = StoreIndex.read(folder);
    List<StoreIndex.Shard> finished = new ArrayList<>();
    for (StoreIndex.Shard shard : there.shards()) {
      if (Files.exists(folder.resolve(shard.file()))) {
        new ShardReader(folder, shard, there.layout()).verify();
        finished.add(shard);
      }
    }
    index = there.with(finished, finished.size() == plan.size());
  }

  /** What a killed process was about to write. */
  private void removeTemporary() throws IOException {
    for (String pattern : List.of(ShardWriter.TEMPORARY, ".*.json.*")) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private void save() throws IOException {
    CheckpointWriter.text(folder.resolve(StoreIndex.FILE), index.json());
  }

  private void run() throws IOException {
    List<StorePlan.Shard> missing =
        plan.stream().filter(shard -> finished(shard.file()) == null).toList();
    if (missing.isEmpty()) {
      save();
      return;
    }
    long rows = missing.stream().mapToLong(StorePlan.Shard::rows).sum();
    requireRoom(folder, rows, index.layout().rowBytes());
    StoreProgress progress = new StoreProgress(corpus.rows(), missing);
    try (BackgroundTasks tasks = new BackgroundTasks("loupe-store-writer", WAITING_KIBIBYTES)) {
      for (StorePlan.Shard shard : missing) {
        for (StorePlan.Pass pass : shard.passes()) {
          capture(shard, pass, tasks);
          progress.more(pass.rows()).ifPresent(Display::progress);
        }
        tasks.submit(1, () -> finish(shard), () -> {});
      }
      tasks.finish();
      progress.ended().ifPresent(Display::progress);
    } catch (IOException e) {
      throw brokenOff(e);
    } finally {
      if (writing != null) {
        writing.close();
      }
    }
  }

  private void capture(StorePlan.Shard shard, StorePlan.Pass pass, BackgroundTasks tasks)
      throws IOException {
    int end = pass.document() + pass.documents();
    List<Document> own = documents.subList(pass.document(), end);
    if (own.stream().mapToInt(Document::length).sum() != pass.rows()) {
      throw new IllegalArgumentException(
          "The documents %d to %d changed while they were captured; a corpus gives the same document each time"
              .formatted(pass.document(), end - 1));
    }
    Tokens tokens =
        Tokens.padded(
            Tokens.Padding.RIGHT, own.stream().map(Document::tokens).toArray(long[][]::new));
    Map<String, int[]> columns = TokenColumns.of(own, pass.document(), corpus.labels());
    ActivationCache cache = model.activations(tokens, options.points());
    long bytes = (long) tokens.batch() * tokens.length() * index.layout().rowBytes();
    tasks.submit(
        (int) Math.min(WAITING_KIBIBYTES, bytes / 1024 + 1),
        () -> {
          if (writing == null) {
            writing = new ShardWriter(folder, index.layout(), shard);
          }
          writing.add(corpus.ids().subList(pass.document(), end), cache, index.layout(), columns);
        },
        () -> close(cache));
  }

  private void finish(StorePlan.Shard shard) throws IOException {
    ShardWriter finished = writing;
    if (finished == null) {
      throw new IllegalStateException("No row of " + shard.file() + " was written");
    }
    StoreIndex.Shard entry = finished.finish();
    writing = null;
    List<StoreIndex.Shard> all = new ArrayList<>(index.shards());
    all.add(entry);
    all.sort((a, b) -> Long.compare(a.firstRow(), b.firstRow()));
    index = index.with(all, all.size() == plan.size());
    save();
  }

  private StoreIndex.@Nullable Shard finished(String file) {
    return index.shards().stream().filter(s -> s.file().equals(file)).findFirst().orElse(null);
  }

  /** Refuses to begin what the disk has no room for. */
  static void requireRoom(Path folder, long rows, long rowBytes) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free / rowBytes < rows) {
      throw new StoreException(
          folder,
          "%,d rows of %,d bytes are to be written, and %,d MB are free on this disk; store fewer points, or float16(), or name another disk"
              .formatted(rows, rowBytes, free >> 20));
    }
  }

  private StoreException brokenOff(IOException cause) {
    long safe = index.shards().stream().mapToLong(StoreIndex.Shard::rows).sum();
    return new StoreException(
        folder,
        "could not be written (%s); %,d of %,d rows are safe, and the same call goes on behind them once there is room"
            .formatted(cause.getMessage(), safe, corpus.rows()),
        cause);
  }
}
