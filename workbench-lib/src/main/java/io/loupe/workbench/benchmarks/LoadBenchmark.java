package io.loupe.workbench.benchmarks;

import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.tensor.NativeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What it costs to load a model of about 1 GB.
 *
 * <p>Time: {@link HookedTransformer#load} against reading the same files once, into one small
 * buffer that is used again and again, by one thread. The bar is on the float32 file read and
 * loaded from the disk ({@code dd} drops it from the page cache before each). All files are also
 * read and loaded out of the page cache, where reading into one buffer is the least there is: a
 * model needs fresh memory, which the kernel hands out and clears page by page, and that takes
 * several times as long as the copy. All cores share in it, so that ratio depends on how many of
 * them are idle.
 *
 * <p>Memory: the peak of resident memory ({@code VmHWM}) of a JVM that loads the model, minus that
 * of one that loads a tiny model, against the size of the weights in float32. Files are read and
 * not mapped, so no page of the page cache is counted in it.
 */
public final class LoadBenchmark implements Benchmark {
  private static final int READ_BUFFER = 1 << 20;
  private static final double MEGABYTE = 1 << 20;
  private static final Dimensions TINY = new Dimensions(1, 16, 2, 2, 8, 32, 64, 32);

  private final Dimensions sizes;
  private final Timings.Options timed;
  private final boolean memory;

  /** What is written, and what its times are held to. */
  private record Variant(
      String name,
      SyntheticCheckpoint checkpoint,
      DataType type,
      int shards,
      Optional<Bar> timeBar) {}

  /** Measures with 262 million weights. */
  public LoadBenchmark() {
    this(new Dimensions(10, 1280, 20, 20, 64, 5120, 50257, 1024), new Timings.Options(2, 9), true);
  }

  /** Measures with other sizes; without memory, no JVM is started. */
  LoadBenchmark(Dimensions sizes, Timings.Options timed, boolean memory) {
    this.sizes = sizes;
    this.timed = timed;
    this.memory = memory;
  }

  @Override
  public String name() {
    return "load";
  }

  @Override
  public String summary() {
    return "time of loading 1 GB of weights against reading the file once; peak memory of loading";
  }

  @Override
  public List<Measurement> run(BenchContext context) throws IOException {
    if (context.onGpu()) {
      throw new IllegalArgumentException("bench load runs on the cpu; got " + context.device());
    }
    if (memory && !PeakMemory.isKnown()) {
      context
          .progress()
          .accept("peak memory is read from /proc, which this system has not: left out");
    }
    List<Measurement> measured = new ArrayList<>();
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(4 * gpt2().parameters())) {
      long base = memory && PeakMemory.isKnown() ? baseMemory(folder.path()) : 0;
      for (Variant variant : variants()) {
        context
            .progress()
            .accept(
                "%s, %d million weights"
                    .formatted(variant.name(), variant.checkpoint().parameters() / 1_000_000));
        measured.addAll(measure(variant, folder.path(), base, context));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return measured;
  }

  private SyntheticCheckpoint gpt2() {
    return SyntheticCheckpoint.gpt2(sizes);
  }

  private List<Variant> variants() {
    SyntheticCheckpoint neox = SyntheticCheckpoint.gptNeoX(halfTheVocabulary());
    return List.of(
        new Variant("float32", gpt2(), DataType.FLOAT32, 1, Optional.of(Bar.atMost(1.5))),
        new Variant("float32, 4 shards", gpt2(), DataType.FLOAT32, 4, Optional.empty()),
        new Variant("float16 file", gpt2(), DataType.FLOAT16, 1, Optional.empty()),
        new Variant("gpt_neox, float32", neox, DataType.FLOAT32, 1, Optional.empty()));
  }

  /** Returns the peak of a JVM that loads next to nothing, in bytes. */
  private static long baseMemory(Path folder) throws IOException {
    Path tiny = folder.resolve("tiny");
    SyntheticCheckpoint.gpt2(TINY).write(tiny, DataType.FLOAT32, 1);
    return PeakMemory.ofLoading(tiny, folder);
  }

  /** An unembedding of its own makes up for it. */
  private Dimensions halfTheVocabulary() {
    return new Dimensions(
        sizes.layers(),
        sizes.dModel(),
        sizes.heads(),
        sizes.kvHeads(),
        sizes.dHead(),
        sizes.dMlp(),
        sizes.vocab() / 2,
        sizes.context());
  }

  private List<Measurement> measure(Variant variant, Path folder, long base, BenchContext context)
      throws IOException {
    Path model = folder.resolve("model");
    List<Path> files = variant.checkpoint().write(model, variant.type(), variant.shards());
    List<Measurement> measured = new ArrayList<>();
    Timings.Comparison warm =
        Timings.compare(timed, () -> read(files), () -> load(model), LoadBenchmark::free);
    String name = variant.name();
    measured.add(Measurement.of(name + ": read", warm.medianBaseline(), "ms"));
    measured.add(Measurement.of(name + ": load", warm.medianCandidate(), "ms"));
    measured.add(Measurement.of(name + ": load / read", warm.medianRatio(), "x"));
    if (variant.timeBar().isPresent()) {
      measured.addAll(fromDisk(name, files, model, variant.timeBar().get(), context));
    }
    if (base > 0) {
      long peak = PeakMemory.ofLoading(model, folder) - base;
      double bytes = 4.0 * variant.checkpoint().parameters();
      measured.add(Measurement.of(name + ": peak memory", peak / MEGABYTE, "MB"));
      measured.add(new Measurement(name + ": peak / weights", peak / bytes, "x", Bar.atMost(1.2)));
    }
    TemporaryFolder.delete(model);
    return measured;
  }

  private static List<Measurement> fromDisk(
      String name, List<Path> files, Path model, Bar bar, BenchContext context) throws IOException {
    if (!dropFromCache(files)) {
      context.progress().accept("dd cannot drop files from the page cache here: left out");
      return List.of();
    }
    Runnable between =
        () -> {
          free();
          dropFromCache(files);
        };
    Timings.Comparison cold =
        Timings.compare(new Timings.Options(0, 3), () -> read(files), () -> load(model), between);
    return List.of(
        Measurement.of(name + ", from disk: read", cold.medianBaseline(), "ms"),
        new Measurement(name + ", from disk: load / read", cold.medianRatio(), "x", bar));
  }

  private static HookedTransformer load(Path model) {
    try {
      return HookedTransformer.load(model, LoadOptions.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long read(List<Path> files) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BUFFER);
    long bytes = 0;
    try {
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file)) {
          while (channel.read(buffer.clear()) >= 0) {
            bytes += buffer.position();
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes;
  }

  /** Waits until the memory of a model that nobody holds is free. */
  private static void free() {
    long before = -1;
    while (before != NativeMemory.bytesHandedOut()) {
      before = NativeMemory.bytesHandedOut();
      System.gc();
      try {
        Thread.sleep(50); // the cleaner frees on a thread of its own
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Returns whether it could be done; the files must have been written to the disk. */
  private static boolean dropFromCache(List<Path> files) {
    try {
      for (Path file : files) {
        Process drop =
            new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (drop.waitFor() != 0) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // there is no dd
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
