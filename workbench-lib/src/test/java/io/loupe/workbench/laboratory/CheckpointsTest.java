package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.TrainingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {
  private static final int STEPS = 12;

  @TempDir private Path temporary;

  /** Stops by an exception of the objective, as a kill between two steps would. */
  private record Stopping(ModelObjective inner, int at) implements ModelObjective {
    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public int examples() {
      return inner.examples();
    }

    @Override
    public TrainingBatch batch(int step, int[] examples) {
      if (step == at) {
        throw new UncheckedIOException(new IOException("stopped at " + at));
      }
      return inner.batch(step, examples);
    }

    @Override
    public String sha256() {
      return inner.sha256();
    }

    @Override
    public void check(ModelConfig config) {
      inner.check(config);
    }

    @Override
    public String toString() {
      return inner.toString();
    }
  }

  private static ModelObjective objective() {
    return Objectives.maskedToken(TinyTraining.tokens(12), 10, 0.3, 1);
  }

  private static Trainer trainer(ModelObjective objective) {
    return Trainer.of(TinyTraining.model("bidirectional"), objective, TinyTraining.options(STEPS));
  }

  /** Names to bytes of all files. */
  private static Map<String, List<Byte>> files(Path folder) throws IOException {
    Map<String, List<Byte>> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        Byte[] boxed = new Byte[bytes.length];
        Arrays.setAll(boxed, i -> bytes[i]);
        files.put(file.getFileName().toString(), List.of(boxed));
      }
    }
    return files;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 7, 11})
  void aResumedTrainingLeavesTheSameBytes(int stop) throws IOException {
    Path whole = temporary.resolve("whole");
    Path parts = temporary.resolve("parts");
    TrainedModel expected = trainer(objective()).checkpoints(whole, 3).train();
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> trainer(new Stopping(objective(), stop)).checkpoints(parts, 3).train());
    TrainedModel resumed = trainer(objective()).checkpoints(parts, 3).train();
    assertThat(files(parts)).isEqualTo(files(whole));
    assertThat(resumed.curve().total()).containsExactly(expected.curve().total());
    assertThat(resumed.curve().gradientNorms()).isEqualTo(expected.curve().gradientNorms());
    assertThat(TrainerTest.values(resumed.model()))
        .usingRecursiveComparison()
        .isEqualTo(TrainerTest.values(expected.model()));
    TrainedModel again = trainer(new Stopping(objective(), 0)).checkpoints(parts, 3).train();
    assertThat(again.curve().total()).containsExactly(expected.curve().total());
    TrainedModel without = trainer(objective()).train();
    assertThat(TrainerTest.values(without.model()))
        .usingRecursiveComparison()
        .isEqualTo(TrainerTest.values(expected.model()));
  }

  /** A process of its own is killed without warning, many times, until it has come to the end. */
  @Test
  void aKilledProcessLosesNothingButTime() throws Exception {
    Path whole = temporary.resolve("whole");
    KilledTraining.trainer(whole).train();
    Path killed = temporary.resolve("killed");
    for (int kept : new int[] {1, 9, 30, 52}) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  KilledTraining.class.getName(),
                  killed.toString())
              .redirectErrorStream(true)
              .redirectOutput(temporary.resolve("output").toFile())
              .start();
      while (process.isAlive() && kept(killed) < kept) {
        Thread.onSpinWait();
      }
      process.destroyForcibly().waitFor();
      assertThat(kept(killed)).as("killed on the way").isBetween(kept, 75);
    }
    KilledTraining.trainer(killed).train();
    assertThat(files(killed)).isEqualTo(files(whole));
  }

  private static int kept(Path folder) throws IOException {
    return Files.isDirectory(folder) ? TrainingFolder.steps(folder).size() : 0;
  }

  @Test
  void checkpointsAreOneObject() throws IOException {
    Path folder = temporary.resolve("some");
    TrainedModel trained = trainer(objective()).checkpoints(folder, 5).train();
    Checkpoints checkpoints = Checkpoints.of(folder);
    assertThat(checkpoints.steps()).containsExactly(0, 5, 10, 12);
    assertThat(TrainerTest.values(checkpoints.model(0)))
        .usingRecursiveComparison()
        .isEqualTo(TrainerTest.values(TinyTraining.model("bidirectional")));
    assertThat(TrainerTest.values(checkpoints.model(12)))
        .usingRecursiveComparison()
        .isEqualTo(TrainerTest.values(trained.model()));
    TrainingBatch batch = objective().batch(0, new int[] {0, 1, 2, 3});
    CheckpointCurve curve =
        checkpoints
            .measure("loss", model -> TrainerTest.byHand(model, batch))
            .with(checkpoints.measureEach("steps", model -> new double[] {1, 2, 3}));
    assertThat(curve.of("loss").get(3).mean()).isLessThan(curve.of("loss").get(0).mean());
    assertThat(curve.of("steps").get(2).mean()).isEqualTo(2);
    assertThat(curve.of("steps").get(2).interval().low()).isBetween(1.0, 2.0);
    assertThat(curve.plot().description()).contains("loss", "steps");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> checkpoints.model(6))
        .withMessageContaining("[0, 5, 10, 12]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.of(temporary.resolve("none")))
        .withMessageContaining("checkpoints(folder, every)");
  }

  @Test
  void aFolderOfAnotherTrainingIsRefused() throws IOException {
    Path folder = temporary.resolve("one");
    trainer(objective()).checkpoints(folder, 5).train();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer(objective()).frozen("embed.*").checkpoints(folder, 5).train())
        .withMessageContaining("frozen")
        .withMessageContaining("[embed.W_E]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                trainer(Objectives.maskedToken(TinyTraining.tokens(11), 10, 0.3, 1))
                    .checkpoints(folder, 5)
                    .train())
        .withMessageContaining("another training");
    Files.writeString(temporary.resolve("letter.txt"), "x");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer(objective()).checkpoints(temporary, 5).train())
        .withMessageContaining("holds other files");
  }

  @Test
  void aLossThatIsNotANumberKeepsTheLastGoodCheckpoint() throws IOException {
    Path folder = temporary.resolve("nan");
    ModelObjective bad =
        new ModelObjective() {
          private int step;

          @Override
          public String name() {
            return "bad";
          }

          @Override
          public int examples() {
            return objective().examples();
          }

          @Override
          public TrainingBatch batch(int step, int[] examples) {
            this.step = step;
            return objective().batch(step, examples);
          }

          @Override
          public String sha256() {
            return "";
          }

          @Override
          public void check(ModelConfig config) {}

          @Override
          public String toString() {
            return name();
          }

          @Override
          public NDArray loss(NDArray logits, TrainingBatch batch) {
            NDArray loss = ModelObjective.super.loss(logits, batch);
            return step < 7 ? loss : loss.sub(loss).log().neg();
          }
        };
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> trainer(bad).checkpoints(folder, 3).train())
        .withMessageContaining("at step 7 of 12")
        .withMessageContaining("The last good checkpoint is that of step 6")
        .satisfies(e -> assertThat(e.step()).isEqualTo(7));
    assertThat(Checkpoints.of(folder).steps()).containsExactly(0, 3, 6);
    // a finite gradient of 1e9 or so times the rate is infinite in float32
    Trainer steep =
        Trainer.of(
                TinyTraining.model("bidirectional"),
                objective(),
                TinyTraining.options(STEPS)
                    .with(Schedule.constant(1e36))
                    .with(OptimizerSpec.sgd(0))
                    .clippedAt(OptionalDouble.empty()))
            .penalised(
                new Penalty(
                    "large",
                    1e12,
                    Set.of(Sites.RESID_POST.at(0)),
                    (pass, batch) -> pass.at(Sites.RESID_POST.at(0)).square().mean()));
    assertThatExceptionOfType(TrainingException.class)
        .isThrownBy(() -> steep.checkpoints(temporary.resolve("steep"), 1).train())
        .withMessageContaining("Parameter '")
        .withMessageContaining("is not finite after step 1 of 12")
        .withMessageContaining("The last good checkpoint is that of step 0");
    assertThat(Checkpoints.of(temporary.resolve("steep")).steps()).containsExactly(0);
  }

  /** A folder that is not empty cannot be replaced by a file: as if the disk were full. */
  @Test
  void aCheckpointThatCannotBeWrittenSaysWhichOneIsGood() throws IOException {
    Path folder = temporary.resolve("full");
    Path inTheWay = folder.resolve("step-00000009.safetensors");
    trainer(objective()).checkpoints(folder, List.of(3)); // makes nothing
    assertThat(folder).doesNotExist();
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> trainer(new Stopping(objective(), 4)).checkpoints(folder, 3).train());
    Files.createDirectories(inTheWay.resolve("x"));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> trainer(objective()).checkpoints(folder, 3).train())
        .withMessageContaining("The checkpoint of step 9")
        .withMessageContaining("The last good checkpoint is that of step 6");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".tmp"));
    }
    Files.delete(inTheWay.resolve("x"));
    Files.delete(inTheWay);
    trainer(objective()).checkpoints(folder, 3).train();
    Path whole = temporary.resolve("whole");
    trainer(objective()).checkpoints(whole, 3).train();
    assertThat(files(folder)).isEqualTo(files(whole));
  }
}
