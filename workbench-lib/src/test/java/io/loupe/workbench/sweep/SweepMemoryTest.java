package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepMemoryTest {
  private static Tokens tokens(long seed, int rows, int length) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    Arrays.setAll(ids, row -> random.longs(length, 0, 2000).toArray());
    return Tokens.of(ids);
  }

  private static HookedTransformer model(boolean gated) {
    return HookedTransformer.random(
        ModelConfig.decoder(
            "llama",
            new Dimensions(3, 256, 8, 4, 32, 1024, 2000, 256),
            new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5),
            EmbeddingSpec.TOKENS,
            AttentionSpec.causal(
                gated ? new PositionSpec.Rotary(32, 10_000) : new PositionSpec.None(), 32),
            new MlpSpec(gated ? Activation.SILU : Activation.GELU_TANH, gated)),
        2,
        LoadOptions.DEFAULT);
  }

  /** What a sweep took, in a JVM of its own whose allocator gives back what is freed. */
  private record Taken(String what, long budget, long bytes) {}

  @Test
  void sweepsKeepTheirBudget(@TempDir Path scratch) throws Exception {
    assumeTrue(Files.isWritable(Path.of("/proc/self/clear_refs")));
    List<Taken> taken = measured(scratch);
    assertThat(taken).hasSize(10);
    for (Taken each : taken) {
      assertThat(each.bytes()).as(each.what()).isLessThan(each.budget());
    }
  }

  /** One copy at a time, one layer at a time: the same numbers, and less would be refused. */
  @Test
  void theLeastBudgetGivesTheSameResult() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens clean = small(1);
    Tokens corrupted = small(2);
    for (Metric metric : List.of(Metrics.logitDifference(7, 9), Metrics.loss())) {
      PatchingSweep sweep = PatchingSweep.denoising(model, clean, corrupted, metric);
      for (Site site : List.of(Sites.Z, Sites.MLP_OUT, Sites.RESID_POST, Sites.PATTERN)) {
        Axis axis = site.has(Axis.POS) ? Axis.POS : Axis.QUERY_POS;
        long least = least(sweep, site, axis);
        PatchingEffects free = sweep.over(site, axis);
        PatchingEffects bound = sweep.memory(least).over(site, axis);
        for (int layer = 0; layer < 3; layer++) {
          for (int position = 0; position < 6; position++) {
            assertThat(bound.perExample(layer, position))
                .containsExactly(free.perExample(layer, position), within(1e-9));
          }
        }
        assertThat(bound.clean()).containsExactly(free.clean());
        assertThatIllegalArgumentException()
            .isThrownBy(() -> sweep.memory(least - 1).over(site, axis))
            .withMessageContaining("Call memory(%dL)", least);
      }
    }
    AblationSweep ablation =
        AblationSweep.resample(model, Metrics.loss(), clean, 1); // sets across layers
    GrowthCurve free = GrowthSweep.ablating(ablation, clean).over(units(model));
    GrowthCurve bound = GrowthSweep.ablating(ablation, clean).memory(2 << 20).over(units(model));
    for (int size : free.sizes()) {
      assertThat(bound.topPerExample(size)).containsExactly(free.topPerExample(size), within(1e-9));
    }
  }

  private static List<Unit> units(HookedTransformer model) {
    return Unit.all(model.config(), Unit.Kind.LAYER);
  }

  private static Tokens small(long seed) {
    Random random = new Random(seed);
    long[][] ids = new long[4][];
    Arrays.setAll(ids, row -> random.longs(6, 0, 128).toArray());
    return Tokens.of(ids);
  }

  /** What the budget leaves: how many layers' base run is kept, how many copies go together. */
  @Test
  void aSmallBudgetKeepsFewerLayersAndStacksFewerCopies() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Tokens tokens = small(1);
    Metric metric = Metrics.logitDifference(7, 9);
    List<Cell> cells = new ArrayList<>();
    for (int layer = 0; layer < 3; layer++) {
      for (int head = 0; head < 4; head++) {
        cells.add(Cell.of(Sites.Z.at(layer), Slice.at(Axis.HEAD, head)));
      }
    }
    Donors donors = new RunDonors(model, tokens, metric);
    List<PassPlan.Group> free =
        new PassPlan(model, tokens, metric, cells, donors, OptionalLong.empty()).groups();
    assertThat(free).hasSize(1);
    assertThat(free.get(0).passes()).hasSize(3); // a layer each, four copies together
    long least = 1;
    while (refuses(model, tokens, metric, cells, donors, least)) {
      least += 1000;
    }
    List<PassPlan.Group> bound =
        new PassPlan(model, tokens, metric, cells, donors, OptionalLong.of(least)).groups();
    assertThat(bound).hasSize(3);
    assertThat(bound.get(1).extent().from()).isEqualTo(1);
    assertThat(bound.get(1).extent().to()).isEqualTo(2);
    List<Integer> copies =
        bound.stream().flatMap(g -> g.passes().stream()).map(p -> p.cells().size()).toList();
    assertThat(copies).hasSizeGreaterThan(3).doesNotContain(4);
    assertThat(copies.stream().mapToInt(c -> c).sum()).isEqualTo(12);
  }

  private static boolean refuses(
      HookedTransformer model,
      Tokens tokens,
      Metric metric,
      List<Cell> cells,
      Donors donors,
      long budget) {
    try {
      new PassPlan(model, tokens, metric, cells, donors, OptionalLong.of(budget)).check();
      return false;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private static List<Taken> measured(Path scratch) throws IOException, InterruptedException {
    Path result = scratch.resolve("result");
    Path output = scratch.resolve("output");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.startsWith("-javaagent") && !argument.startsWith("-agent"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx200m", "-Xms200m", "-XX:+UseSerialGC", "-XX:+AlwaysPreTouch"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(SweepMemoryTest.class.getName(), result.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "16384");
    builder.environment().put("MALLOC_TRIM_THRESHOLD_", "0");
    Process process = builder.redirectOutput(output.toFile()).start();
    assertThat(process.waitFor()).as(() -> read(output)).isZero();
    return Files.readAllLines(result).stream()
        .map(line -> line.split("\t"))
        .map(part -> new Taken(part[0], Long.parseLong(part[1]), Long.parseLong(part[2])))
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Measures sweeps in this JVM and writes what they took to a file. */
  public static void main(String[] resultFile) throws IOException {
    List<String> lines = new ArrayList<>();
    Tokens clean = tokens(1, 4, 48);
    Tokens corrupted = tokens(2, 4, 48);
    Metric last = Metrics.logitDifference(7, 9);
    Metric all = Metrics.loss();
    record Case(boolean gated, Metric metric, Site site, Axis axis) {}
    List<Case> cases =
        List.of(
            new Case(false, last, Sites.PATTERN, Axis.HEAD),
            new Case(false, all, Sites.Z, Axis.HEAD),
            new Case(true, last, Sites.Z, Axis.HEAD),
            new Case(true, last, Sites.RESID_PRE, Axis.POS),
            new Case(true, all, Sites.RESID_POST, Axis.POS));
    for (Case each : cases) {
      PatchingSweep sweep =
          PatchingSweep.denoising(model(each.gated()), clean, corrupted, each.metric());
      sweep.over(each.site()); // warm: code and the engine's own buffers
      long least = least(sweep, each.site(), each.axis());
      for (long budget : new long[] {least, 2 * least}) {
        long took = Long.MAX_VALUE; // the JVM's compiler and class loader add to a run now and then
        for (int run = 0; run < 3 && took >= budget; run++) {
          long before = prepare();
          sweep.memory(budget).over(each.site(), each.axis());
          took = Math.min(took, status("VmHWM") - before);
        }
        lines.add("%s\t%d\t%d".formatted(each.site(), budget, took));
      }
    }
    Files.write(Path.of(resultFile[0]), lines);
  }

  private static long least(PatchingSweep sweep, Site site, Axis... axes) {
    try {
      sweep.memory(1).over(site, axes);
      throw new IllegalStateException("a budget of one byte was taken");
    } catch (IllegalArgumentException e) {
      return Long.parseLong(e.getMessage().replaceAll("(?s).*memory\\((\\d+)L\\).*", "$1"));
    }
  }

  private static long prepare() throws IOException {
    System.gc();
    System.gc();
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    return status("VmRSS");
  }

  private static long status(String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
