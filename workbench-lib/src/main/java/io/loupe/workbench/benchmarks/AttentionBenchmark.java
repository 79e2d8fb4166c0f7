package io.loupe.workbench.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.capture.AttentionBackend;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionRule;
import io.loupe.workbench.capture.CpuAttention;
import io.loupe.workbench.capture.LayerAttention;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One layer's attention with statistics of every row, streamed, against the pattern made whole and
 * then reduced by the engine: time, memory, error. 12 heads of 64 dimensions, causal, float32. On a
 * GPU it is the back end "cuda", on tensors that lie there, with that on the CPU beside it.
 */
public final class AttentionBenchmark implements Benchmark {
  private static final int HEADS = 12;
  private static final int D_HEAD = 64;
  private static final double MEGABYTE = 1 << 20;

  private static final AttentionRequest REQUEST =
      AttentionRequest.of(
          Statistic.LOG_SUM_EXP,
          Statistic.ENTROPY,
          Statistic.MAX_PROBABILITY,
          Statistic.MAX_KEY,
          Statistic.SUM_OF_SQUARES,
          Statistic.FIRST_KEY,
          Statistic.DISTANCE);

  @Override
  public String name() {
    return "attention";
  }

  @Override
  public String summary() {
    return "statistics of attention without the pattern, against the pattern made and reduced";
  }

  @Override
  public List<Measurement> run(BenchContext context) throws IOException {
    List<Measurement> measurements = new ArrayList<>();
    Timings.Options few = new Timings.Options(1, 3);
    if (context.onGpu()) {
      Device gpu = Device.gpu(Integer.parseInt(context.device().substring(3)));
      Timings.Options many = new Timings.Options(3, 11);
      AttentionBackend cuda = AttentionBackend.named("cuda");
      for (int length : List.of(1024, 4096, 8192)) {
        materialised(length, gpu, cuda, many, null, context, measurements);
      }
      besideTheCpu(4096, gpu, cuda, few, context, measurements);
      error(1024, gpu, cuda, context, measurements);
      return measurements;
    }
    Device cpu = Device.cpu();
    AttentionBackend backend = CpuAttention.FLOAT32;
    Timings.Options several = new Timings.Options(3, 11);
    materialised(1024, cpu, backend, several, Bar.atMost(1.3), context, measurements);
    materialised(4096, cpu, backend, few, Bar.atMost(1), context, measurements);
    error(1024, cpu, backend, context, measurements);
    memory(context, measurements);
    return measurements;
  }

  private static void materialised(
      int length,
      Device device,
      AttentionBackend backend,
      Timings.Options options,
      @Nullable Bar bar,
      BenchContext context,
      List<Measurement> measurements) {
    context.progress().accept("%,d tokens, streamed and materialised".formatted(length));
    try (NDManager manager = Engines.newManager(device)) {
      AttentionCall call = call(length, manager);
      NDArray mask = causalMask(length, manager);
      NDArray distances = distances(length, manager);
      Timings.Comparison times =
          Timings.compare(
              options, () -> materialised(call, mask, distances), released(backend, call));
      String at = " at %,d tokens".formatted(length);
      measurements.add(Measurement.of("materialised" + at, times.medianBaseline(), "ms"));
      measurements.add(Measurement.of("streamed" + at, times.medianCandidate(), "ms"));
      measurements.add(
          new Measurement("streamed / materialised" + at, times.medianRatio(), "x", bar));
    }
  }

  private static void besideTheCpu(
      int length,
      Device device,
      AttentionBackend backend,
      Timings.Options options,
      BenchContext context,
      List<Measurement> measurements) {
    context.progress().accept("%,d tokens on the GPU and on the CPU".formatted(length));
    try (NDManager here = Engines.newManager(Device.cpu());
        NDManager there = Engines.newManager(device)) {
      AttentionCall onCpu = call(length, here);
      Timings.Comparison times =
          Timings.compare(
              options,
              released(CpuAttention.FLOAT32, onCpu),
              released(backend, call(length, there)));
      Timings.Comparison copied =
          Timings.compare(options, released(CpuAttention.FLOAT32, onCpu), released(backend, onCpu));
      String at = " at %,d tokens".formatted(length);
      measurements.add(Measurement.of("cpu" + at, times.medianBaseline(), "ms"));
      measurements.add(Measurement.of("cuda / cpu" + at, times.medianRatio(), "x"));
      measurements.add(Measurement.of("cuda, copies / cpu" + at, copied.medianRatio(), "x"));
    }
  }

  private static Supplier<Object> released(AttentionBackend backend, AttentionCall call) {
    return () -> {
      LayerAttention attention = backend.attend(call);
      attention.z().close();
      return attention.statistics();
    };
  }

  /** The same numbers, as they are had from a pattern. */
  private static List<double[]> materialised(AttentionCall call, NDArray mask, NDArray distances) {
    try (NDManager scope = call.q().getManager().newSubManager()) {
      int[] keys = {-1};
      NDArray q = call.q().mul(call.rule().scale());
      q.attach(scope);
      NDArray k = call.k().transpose(0, 2, 3, 1);
      k.attach(scope);
      NDArray v = call.v().transpose(0, 2, 1, 3);
      v.attach(scope);
      NDArray scores = q.transpose(0, 2, 1, 3).matMul(k).addi(mask); // [1, head, query, key]
      NDArray pattern = scores.softmax(-1);
      NDArray z = pattern.matMul(v);
      NDArray largest = pattern.max(keys);
      List<NDArray> statistics =
          List.of(
              scores.max(keys).sub(largest.log()),
              pattern.add(1e-30).log().muli(pattern).sum(keys).neg(),
              largest,
              pattern.argMax(-1),
              pattern.square().sum(keys),
              pattern.get("..., 0"),
              pattern.mul(distances).sum(keys));
      List<double[]> values = new ArrayList<>(List.of(Tensors.doubles(z.get("0, 0, 0"))));
      statistics.forEach(statistic -> values.add(Tensors.doubles(statistic)));
      return values;
    }
  }

  private static void error(
      int length,
      Device device,
      AttentionBackend backend,
      BenchContext context,
      List<Measurement> measurements) {
    context.progress().accept("%,d tokens in float64".formatted(length));
    try (NDManager manager = Engines.newManager(Device.cpu());
        NDManager there = Engines.newManager(device)) {
      LayerAttention narrow = backend.attend(call(length, there));
      LayerAttention wide = CpuAttention.FLOAT64.attend(call(length, manager));
      double ofZ = difference(Tensors.doubles(narrow.z()), Tensors.doubles(wide.z()));
      measurements.add(new Measurement("error of z", ofZ, "", Bar.atMost(1e-5)));
      double most = 0;
      for (Statistic statistic : REQUEST.statistics()) {
        for (int head = 0; head < HEADS && !statistic.equals(Statistic.MAX_KEY); head++) {
          most =
              Math.max(
                  most,
                  difference(
                      narrow.statistics().values(statistic, head, 0),
                      wide.statistics().values(statistic, head, 0)));
        }
      }
      measurements.add(
          new Measurement("error of statistics (relative above 1)", most, "", Bar.atMost(1e-5)));
    }
  }

  private static double difference(double[] actual, double[] expected) {
    double most = 0;
    for (int i = 0; i < actual.length; i++) {
      most = Math.max(most, Math.abs(actual[i] - expected[i]) / Math.max(1, expected[i]));
    }
    return most;
  }

  private static void memory(BenchContext context, List<Measurement> measurements)
      throws IOException {
    if (!PeakMemory.isKnown()) {
      context.progress().accept("peak memory is read from /proc, which this system has not");
      return;
    }
    double[] peaks = new double[3];
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(1 << 20)) {
      for (int i = 0; i < peaks.length; i++) {
        int length = 4096 << i;
        context.progress().accept("peak memory of a JVM at %,d tokens".formatted(length));
        // a heap of fixed size, so that the collector's laziness is not measured
        List<String> heap = List.of("-Xmx320m");
        Path scratch = folder.path();
        peaks[i] =
            PeakMemory.of(AttentionBenchmark.class, heap, String.valueOf(length), scratch)
                / MEGABYTE;
        Bar bar = length == 16384 ? Bar.atMost(1000) : null;
        measurements.add(
            new Measurement("peak of a JVM at %,d tokens".formatted(length), peaks[i], "MB", bar));
      }
    }
    double growth = (peaks[2] - peaks[1]) / Math.max(1, peaks[1] - peaks[0]);
    measurements.add(
        new Measurement("growth to 16,384 / to 8,192 (linear: 2)", growth, "x", Bar.atMost(3)));
  }

  /** Streams a text of the length given, and writes the peak of this JVM to a file. */
  public static void main(String[] lengthAndResult) throws IOException {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      LayerAttention attention =
          CpuAttention.FLOAT32.attend(call(Integer.parseInt(lengthAndResult[0]), manager));
      PeakMemory.write(Path.of(lengthAndResult[1]));
      Reference.reachabilityFence(attention);
    }
  }

  private static AttentionCall call(int length, NDManager manager) {
    long[] ids = new Random(0).longs(length, 0, 1000).toArray();
    Shape shape = new Shape(1, length, HEADS, D_HEAD);
    AttentionRule rule =
        new AttentionRule(
            MaskSpec.CAUSAL, 1 / Math.sqrt(D_HEAD), OptionalDouble.empty(), List.of());
    return new AttentionCall(
        0,
        gaussian(manager, shape, 1),
        gaussian(manager, shape, 2),
        gaussian(manager, shape, 3),
        rule,
        Tokens.of(ids),
        REQUEST);
  }

  private static NDArray gaussian(NDManager manager, Shape shape, long seed) {
    Random random = new Random(seed);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, shape);
  }

  private static NDArray causalMask(int length, NDManager manager) {
    float[] mask = new float[length * length];
    for (int query = 0; query < length; query++) {
      for (int key = query + 1; key < length; key++) {
        mask[query * length + key] = Float.NEGATIVE_INFINITY;
      }
    }
    return manager.create(mask, new Shape(1, 1, length, length));
  }

  private static NDArray distances(int length, NDManager manager) {
    NDArray positions = manager.arange(length).toType(DataType.FLOAT32, true);
    return positions.reshape(length, 1).sub(positions.reshape(1, length)).abs();
  }
}
