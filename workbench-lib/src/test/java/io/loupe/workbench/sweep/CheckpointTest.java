package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.LastTokenMetric;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps that are broken off at random points and resumed, and files that are not theirs. */
class CheckpointTest {
  private static final HookedTransformer MODEL = TinyModels.gpt2(LoadOptions.DEFAULT);
  private static final Tokens CLEAN = tokens(1, 6, 40);
  private static final Tokens CORRUPTED = tokens(2, 6, 40);
  private static final LastTokenMetric METRIC = (LastTokenMetric) Metrics.logitDifference(7, 9);

  @TempDir Path folder;

  private static Tokens tokens(long seed, int rows, int length) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    Arrays.setAll(ids, row -> random.longs(length, 0, 128).toArray());
    return Tokens.of(ids);
  }

  private static PatchingSweep sweep(Metric metric) {
    return PatchingSweep.denoising(MODEL, CLEAN, CORRUPTED, metric);
  }

  /** Counts how often it is asked, and does something the n-th time. */
  private static Metric atCall(int n, AtomicInteger calls, Runnable event) {
    LastTokenMetric counting =
        (last, tokens) -> {
          if (calls.incrementAndGet() == n) {
            event.run();
          }
          return METRIC.ofLast(last, tokens);
        };
    return counting;
  }

  private static final class Killed extends IllegalStateException {
    private static final long serialVersionUID = 1;
  }

  private static double[][] values(PatchingEffects effects) {
    double[][] values = new double[3 * 40][];
    for (int i = 0; i < values.length; i++) {
      values[i] = effects.perExample(i / 40, i % 40);
    }
    return values;
  }

  /** Ten times: a metric that throws, an interrupted thread, a file cut off within a record. */
  @Test
  void aSweepKilledAnywhereGoesOnToTheSameResultBitForBit() throws IOException {
    AtomicInteger all = new AtomicInteger();
    double[][] whole = values(sweep(atCall(-1, all, () -> {})).over(Sites.RESID_PRE, Axis.POS));
    Random random = new Random(4);
    int sparedTotal = 0;
    for (int kill = 0; kill < 10; kill++) {
      Path file = folder.resolve("sweep" + kill);
      int at = 3 + random.nextInt(all.get() - 40);
      if (kill % 3 == 1) {
        Metric interrupted =
            atCall(at, new AtomicInteger(), () -> Thread.currentThread().interrupt());
        try {
          assertThatThrownBy(
                  () -> sweep(interrupted).checkpoint(file).over(Sites.RESID_PRE, Axis.POS))
              .isInstanceOf(CancellationException.class);
        } finally {
          assertThat(Thread.interrupted()).isTrue();
        }
      } else {
        Metric throwing =
            atCall(
                at,
                new AtomicInteger(),
                () -> {
                  throw new Killed();
                });
        assertThatThrownBy(() -> sweep(throwing).checkpoint(file).over(Sites.RESID_PRE, Axis.POS))
            .isInstanceOf(Killed.class);
      }
      if (kill % 3 == 2) {
        cut(file, 1 + random.nextInt(40));
      }
      AtomicInteger again = new AtomicInteger();
      PatchingEffects resumed =
          sweep(atCall(-1, again, () -> {})).checkpoint(file).over(Sites.RESID_PRE, Axis.POS);
      assertThat(values(resumed)).isDeepEqualTo(whole);
      sparedTotal += all.get() - again.get();
    }
    assertThat(sparedTotal).isGreaterThan(all.get()); // about half of each
  }

  private static void cut(Path file, int bytes) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(Math.max(0, open.length() - bytes));
    }
  }

  @Test
  void aFinishedSweepIsReadAndOnlyItsBaselinesAreRun() {
    Path file = folder.resolve("done");
    PatchingEffects first = sweep(METRIC).checkpoint(file).over(Sites.RESID_PRE, Axis.POS);
    AtomicInteger calls = new AtomicInteger();
    PatchingEffects again =
        sweep(atCall(-1, calls, () -> {})).checkpoint(file).over(Sites.RESID_PRE, Axis.POS);
    assertThat(calls.get()).isEqualTo(2);
    assertThat(values(again)).isDeepEqualTo(values(first));
    assertThat(again.clean()).containsExactly(first.clean());
  }

  /** Whatever is damaged or cut off, from the first header on, is refused or computed again. */
  @Test
  void damagedRecordsAreComputedAgain() throws IOException {
    Path file = folder.resolve("damaged");
    double[][] whole = values(sweep(METRIC).checkpoint(file).over(Sites.RESID_PRE, Axis.POS));
    byte[] intact = Files.readAllBytes(file);
    int header = 16 + new DataInputStream(new ByteArrayInputStream(intact, 8, 4)).readInt();
    Random random = new Random(3);
    for (int i = 0; i < 8; i++) {
      byte[] damaged = intact.clone();
      damaged[header + random.nextInt(intact.length - header)] ^= (byte) (1 + random.nextInt(255));
      Files.write(file, damaged);
      assertThat(values(sweep(METRIC).checkpoint(file).over(Sites.RESID_PRE, Axis.POS)))
          .isDeepEqualTo(whole);
    }
    for (int length : new int[] {0, 3, header / 2, header - 1, header, header + 5}) {
      Files.write(file, Arrays.copyOf(intact, length));
      assertThat(values(sweep(METRIC).checkpoint(file).over(Sites.RESID_PRE, Axis.POS)))
          .isDeepEqualTo(whole);
      assertThat(Files.readAllBytes(file)).isEqualTo(intact);
    }
    byte[] damaged = intact.clone();
    damaged[header / 2] ^= 1;
    Files.write(file, damaged);
    refused(
        () -> sweep(METRIC).checkpoint(file).over(Sites.RESID_PRE, Axis.POS),
        "its header is damaged");
    assertThat(Files.readAllBytes(file)).isEqualTo(damaged);
    Files.writeString(file, "the user's own notes, which must stay");
    refused(
        () -> sweep(METRIC).checkpoint(file).over(Sites.RESID_PRE, Axis.POS), "is no checkpoint");
    assertThat(Files.readString(file)).isEqualTo("the user's own notes, which must stay");
  }

  @Test
  void anotherSweepsFileIsRefusedNamingWhatDiffers() {
    Path file = folder.resolve("mine");
    sweep(METRIC).checkpoint(file, "logit difference").over(Sites.Z, Axis.HEAD);
    refused(
        () -> sweep(METRIC).checkpoint(file, "logit difference").over(Sites.MLP_OUT, Axis.POS),
        "site is blocks.*.hook_mlp_out",
        "in the file blocks.*.attn.hook_z",
        "axes is [POS]",
        "delete this one");
    refused(
        () -> sweep(METRIC).checkpoint(file, "rank").over(Sites.Z, Axis.HEAD),
        "metric is rank, in the file logit difference");
    refused(
        () ->
            sweep(Metrics.logProbability(7))
                .checkpoint(file, "logit difference")
                .over(Sites.Z, Axis.HEAD),
        "metric of the run is [");
    refused(
        () ->
            PatchingSweep.denoising(TinyModels.llama(LoadOptions.DEFAULT), CLEAN, CORRUPTED, METRIC)
                .checkpoint(file, "logit difference")
                .over(Sites.Z, Axis.HEAD),
        "weights is");
    refused(
        () ->
            PatchingSweep.denoising(MODEL, CLEAN, tokens(3, 6, 40), METRIC)
                .checkpoint(file, "logit difference")
                .over(Sites.Z, Axis.HEAD),
        "tokens is 6 x 40");
    refused(
        () ->
            PatchingSweep.denoising(
                    MODEL.with(Interventions.scale(Sites.MLP_OUT.at(0), 1)),
                    CLEAN,
                    CORRUPTED,
                    METRIC)
                .checkpoint(file, "logit difference")
                .over(Sites.Z, Axis.HEAD),
        "interventions is Scale");
    refused(
        () ->
            PatchingSweep.noising(MODEL, CORRUPTED, CLEAN, METRIC)
                .checkpoint(file, "logit difference")
                .over(Sites.Z, Axis.HEAD),
        "sweep is noising");
  }

  @Test
  void oneSweepAtATimeWritesAFile() throws IOException {
    Path file = folder.resolve("busy");
    try (RandomAccessFile other = new RandomAccessFile(file.toFile(), "rw");
        FileLock lock = other.getChannel().lock()) {
      assertThat(lock.isValid()).isTrue();
      refused(() -> sweep(METRIC).checkpoint(file).over(Sites.MLP_OUT), "Another sweep is writing");
    }
    sweep(METRIC).checkpoint(file).over(Sites.MLP_OUT);
    assertThatThrownBy(
            () -> sweep(METRIC).checkpoint(folder.resolve("no/folder")).over(Sites.MLP_OUT))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("no/folder");
  }

  /** A smaller budget stacks other copies: what is done is kept, the rest equal up to rounding. */
  @Test
  void aSweepMayGoOnWithAnotherBudget() {
    Path file = folder.resolve("budget");
    double[][] whole = values(sweep(METRIC).over(Sites.RESID_PRE, Axis.POS));
    Metric throwing =
        atCall(
            60,
            new AtomicInteger(),
            () -> {
              throw new Killed();
            });
    assertThatThrownBy(() -> sweep(throwing).checkpoint(file).over(Sites.RESID_PRE, Axis.POS))
        .isInstanceOf(Killed.class);
    PatchingEffects resumed =
        sweep(METRIC).memory(4L << 20).checkpoint(file).over(Sites.RESID_PRE, Axis.POS);
    double[][] found = values(resumed);
    for (int i = 0; i < whole.length; i++) {
      assertThat(found[i]).containsExactly(whole[i], within(1e-5));
    }
  }

  @Test
  void theOtherSweepsResumeToo() {
    Tokens tokens = tokens(5, 4, 12);
    Tokens spans = tokens;
    for (int row = 0; row < 4; row++) {
      spans = spans.withSpans(row, List.of(new Span("s", 1, 3)));
    }
    Tokens named = spans;
    Resumable ablation =
        (metric, options) ->
            AblationSweep.resample(MODEL, metric, tokens, 3)
                .with(options)
                .heads(tokens)
                .table()
                .rows();
    Resumable trace =
        (metric, options) ->
            CausalTrace.of(MODEL, named, "s", metric)
                .draws(2)
                .with(options)
                .restore(Sites.MLP_OUT, 2)
                .table()
                .rows();
    Resumable growth =
        (metric, options) ->
            GrowthSweep.patching(PatchingSweep.denoising(MODEL, tokens, tokens(6, 4, 12), metric))
                .random(3, 1)
                .with(options)
                .over(Unit.all(MODEL.config(), Unit.Kind.HEAD))
                .table()
                .rows();
    Resumable dose =
        (metric, options) ->
            DoseResponse.of(MODEL, tokens, metric)
                .with(options)
                .over(new double[] {0, 0.5, 1, 2}, c -> Interventions.scale(Sites.MLP_OUT.at(1), c))
                .table()
                .rows();
    List<Resumable> sweeps = List.of(ablation, trace, growth, dose);
    for (int i = 0; i < sweeps.size(); i++) {
      AtomicInteger all = new AtomicInteger();
      List<?> whole = sweeps.get(i).rows(atCall(-1, all, () -> {}), SweepOptions.DEFAULT);
      SweepOptions options =
          new SweepOptions(Optional.of(folder.resolve("other" + i)), "", OptionalLong.empty());
      Metric throwing =
          atCall(
              all.get() * 3 / 4,
              new AtomicInteger(),
              () -> {
                throw new Killed();
              });
      Resumable sweep = sweeps.get(i);
      assertThatThrownBy(() -> sweep.rows(throwing, options)).isInstanceOf(Killed.class);
      AtomicInteger again = new AtomicInteger();
      assertThat(sweep.rows(atCall(-1, again, () -> {}), options)).isEqualTo(whole);
      assertThat(again.get()).isLessThan(all.get());
    }
  }

  private interface Resumable {
    List<?> rows(Metric metric, SweepOptions options);
  }

  private static void refused(Runnable request, String... messages) {
    assertThatIllegalArgumentException()
        .isThrownBy(request::run)
        .satisfies(refusal -> assertThat(refusal.getMessage()).contains(messages));
  }
}
