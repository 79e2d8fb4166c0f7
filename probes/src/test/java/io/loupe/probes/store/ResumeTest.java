package io.loupe.probes.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeTest {
  private static final int MANY = 800; // documents

  @TempDir private Path temporary;

  private static ActivationStore capture(int documents, Path folder) throws IOException {
    return ActivationStore.capture(
        TinyStore.model(), TinyStore.documents(documents), TinyStore.options(), folder);
  }

  /** Names to hashes of all files. */
  private static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        files.put(file.getFileName().toString(), Sha256.of(file));
      }
    }
    return files;
  }

  private static int shards(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(folder)) {
      return (int) all.filter(f -> f.getFileName().toString().startsWith("shard-")).count();
    }
  }

  private static List<String> command(Path folder, int documents) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        TinyStore.class.getName(),
        folder.toString(),
        String.valueOf(documents));
  }

  /** A process of its own is killed without warning, several times. */
  @Test
  void aKilledCaptureGoesOnToTheSameBytes() throws Exception {
    Path whole = temporary.resolve("whole");
    ActivationStore expected = capture(MANY, whole);
    int all = shards(whole);
    assertThat(all).isGreaterThan(100);
    Path killed = temporary.resolve("killed");
    for (int kept : new int[] {1, all / 3, 2 * all / 3}) {
      Process process =
          new ProcessBuilder(command(killed, MANY))
              .redirectErrorStream(true)
              .redirectOutput(temporary.resolve("output").toFile())
              .start();
      while (process.isAlive() && shards(killed) < kept) {
        Thread.onSpinWait();
      }
      process.destroyForcibly().waitFor();
      assertThat(shards(killed)).as("killed on the way").isBetween(kept, all - 1);
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> ActivationStore.open(killed))
          .withMessageContaining("broken off behind")
          .withMessageContaining("ActivationStore.capture(...)");
    }
    ActivationStore resumed = capture(MANY, killed);
    assertThat(files(killed)).isEqualTo(files(whole));
    assertThat(resumed.rows()).isEqualTo(expected.rows());
  }

  @Test
  void finishedShardsAreKept() throws IOException {
    Path folder = temporary.resolve("some");
    List<Document> documents = TinyStore.documents(60);
    List<Document> failing = failingBehind(documents, 40);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(
            () -> ActivationStore.capture(TinyStore.model(), failing, TinyStore.options(), folder));
    int kept = shards(folder);
    assertThat(kept).isBetween(1, 20);
    Path first = folder.resolve("shard-00000.safetensors");
    Object key = Files.readAttributes(first, "unix:ino").get("ino");
    ActivationStore.capture(TinyStore.model(), documents, TinyStore.options(), folder);
    assertThat(Files.readAttributes(first, "unix:ino").get("ino")).isEqualTo(key);
    Path whole = temporary.resolve("whole");
    capture(60, whole);
    assertThat(files(folder)).isEqualTo(files(whole));
    capture(60, folder); // a whole store stays as it is
    assertThat(files(folder)).isEqualTo(files(whole));
  }

  /** Stops while it is captured, as an exception or an interrupt would. */
  private static List<Document> failingBehind(List<Document> documents, int place) {
    return new AbstractList<>() {
      private int largest;

      @Override
      public Document get(int index) {
        if (largest == documents.size() - 1 && index > place) {
          throw new IllegalStateException("stopped");
        }
        largest = Math.max(largest, index);
        return documents.get(index);
      }

      @Override
      public int size() {
        return documents.size();
      }
    };
  }

  @Test
  void anotherModelSiteOrCorpusIsRefusedByName() throws IOException {
    Path folder = temporary.resolve("store");
    capture(5, folder);
    Map<String, String> before = files(folder);
    HookedTransformer model = TinyStore.model();
    HookedTransformer other = TinyModels.llama(LoadOptions.DEFAULT);
    List<Document> documents = TinyStore.documents(5);
    StoreOptions options = TinyStore.options();
    assertRefused(other, documents, options, folder, "its weights_sha256 is");
    assertRefused(
        model.with(Interventions.zero(Sites.MLP_OUT.at(0))),
        documents,
        options,
        folder,
        "its interventions is []");
    assertRefused(model.folded(), documents, options, folder, "its gauge is raw");
    assertRefused(model, TinyStore.documents(4), options, folder, "its corpus_sha256 is");
    List<Document> relabelled = new ArrayList<>(documents);
    relabelled.set(0, Document.of("text 0", documents.get(0).tokens()));
    assertRefused(model, relabelled, options, folder, "its corpus_sha256 is");
    assertRefused(model, documents, options.float16(), folder, "its dtype is F32, here it is F16");
    assertRefused(
        model,
        documents,
        StoreOptions.of(Sites.RESID_POST, 1).passTokens(60).shardBytes(options.shardBytes()),
        folder,
        "its activations are {hook_embed=[48]",
        "here they are {blocks.1.hook_resid_post=[48]}");
    assertRefused(model, documents, options.passTokens(61), folder, "its pass_tokens is 60");
    assertThat(files(folder)).isEqualTo(before);
    Path strange = Files.createDirectory(temporary.resolve("strange"));
    Files.writeString(strange.resolve("thesis.txt"), "mine");
    assertRefused(model, documents, options, strange, "holds other files (thesis.txt)");
  }

  private static void assertRefused(
      HookedTransformer model,
      List<Document> documents,
      StoreOptions options,
      Path folder,
      String... messages) {
    var refusal =
        assertThatIllegalArgumentException()
            .isThrownBy(() -> ActivationStore.capture(model, documents, options, folder));
    for (String message : messages) {
      refusal.withMessageContaining(message);
    }
  }

  @Test
  void damageIsAnErrorThatNamesTheShard() throws IOException {
    Path folder = temporary.resolve("store");
    ActivationStore store = capture(20, folder);
    Path shard = folder.resolve("shard-00001.safetensors");
    byte[] good = Files.readAllBytes(shard);
    long row = StoreIndex.read(folder).shards().get(1).firstRow();

    byte[] changed = good.clone();
    changed[changed.length - 9] ^= 1;
    Files.write(shard, changed);
    ActivationStore open = ActivationStore.open(folder);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> open.row(Sites.RESID_POST.at(2), row))
        .withMessageContaining("shard-00001.safetensors")
        .withMessageContaining("blocks.2.hook_resid_post does not fit its checksum")
        .withMessageContaining("delete it and capture again");
    assertThat(open.row(Sites.RESID_POST.at(2), 0)).hasSize(48); // the others are good
    assertThatExceptionOfType(StoreException.class).isThrownBy(open::verify);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> capture(20, folder))
        .withMessageContaining("does not fit its checksum");

    Files.write(shard, Arrays.copyOf(good, good.length - 1));
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(folder))
        .withMessageContaining("the index says " + good.length);

    Files.delete(shard);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(folder))
        .withMessageContaining("this shard is missing");
    capture(20, folder); // makes it anew
    assertThat(Files.readAllBytes(shard)).isEqualTo(good);
    assertThat(store.rows()).isEqualTo(ActivationStore.open(folder).rows());

    Path index = folder.resolve("index.json");
    String json = Files.readString(index);
    Files.writeString(index, json.replace("\"version\" : 1", "\"version\" : 2"));
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(folder))
        .withMessageContaining("the store is of version 2, this Loupe reads version 1");
    Files.writeString(index, json.substring(0, json.length() / 2));
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(folder))
        .withMessageContaining("index.json: not JSON");
    Files.writeString(index, json.replace("\"rows\" : ", "\"row\" : "));
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(folder))
        .withMessageContaining("index.json: damaged");
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(temporary))
        .withMessageContaining("there is no such file, so this is no store");
  }

  /** The system refuses to write beyond a size, as it does when the disk is full. */
  @Test
  void aWriteThatFailsSaysWhatIsSafe() throws Exception {
    Path folder = temporary.resolve("full");
    List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 90; exec \"$@\"", "sh"));
    limited.addAll(command(folder, 60));
    Process process = new ProcessBuilder(limited).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isNotZero();
    assertThat(said)
        .contains("StoreException", "could not be written (File too large)", "rows are safe");
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all.map(f -> f.getFileName().toString())).allMatch(name -> !name.endsWith(".tmp"));
    }
    capture(60, folder);
    Path whole = temporary.resolve("whole");
    capture(60, whole);
    assertThat(files(folder)).isEqualTo(files(whole));
  }

  @Test
  void aDiskWithoutRoomIsRefusedBeforeTheFirstPass() {
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> StoreWriter.requireRoom(temporary, Long.MAX_VALUE / 4096, 1024))
        .withMessageContaining("MB are free on this disk");
  }

  @Test
  void twoCapturesDoNotWriteOneStore() throws Exception {
    Path folder = temporary.resolve("store");
    Files.createDirectories(folder);
    try (RandomAccessFile file =
            new RandomAccessFile(folder.resolve(".writing.lock").toFile(), "rw");
        var lock = file.getChannel().lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> capture(5, folder))
          .withMessageContaining("another capture");
    }
    capture(5, folder);
    assertThat(folder.resolve(".writing.lock")).doesNotExist();
  }
}
