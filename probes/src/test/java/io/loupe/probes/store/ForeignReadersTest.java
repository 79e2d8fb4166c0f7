package io.loupe.probes.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others read: Python with nothing but its own library, and Arrow's own reader. */
class ForeignReadersTest {
  private static final HookPoint Z = Sites.Z.at(1);

  private static final String SCRIPT =
      """
      import json, struct, sys, zlib
      folder = sys.argv[1] + '/'
      index = json.load(open(folder + 'index.json'))
      documents = json.load(open(folder + 'documents.json'))
      assert index['format'] == 'loupe-activation-store' and index['complete']
      kinds = index['labels']['kind']
      letter = {'F32': 'I', 'F16': 'H'}[index['dtype']]  # the bits
      for shard in index['shards']:
          data = open(folder + shard['file'], 'rb').read()
          assert len(data) == shard['bytes']
          size = struct.unpack('<Q', data[:8])[0]
          header = json.loads(data[8:8 + size])
          body = data[8 + size:]
          def tensor(name, letter):
              begin, end = header[name]['data_offsets']
              assert zlib.crc32(body[begin:end]) == shard['crc32'][name]
              width = struct.calcsize(letter)
              count = (end - begin) // width
              return struct.unpack('<%d%s' % (count, letter), body[begin:end])
          document, position = tensor('document', 'i'), tensor('position', 'i')
          token, kind = tensor('token', 'i'), tensor('label.kind', 'i')
          z = tensor('blocks.1.attn.hook_z', letter)
          assert header['blocks.1.attn.hook_z']['shape'] == [shard['rows'], 4, 12]
          for i in range(shard['rows']):
              print('%s|%d|%d|%s|%x|%x' % (
                  documents['ids'][document[i]], position[i], token[i],
                  kinds[kind[i]] if kind[i] >= 0 else '', z[48 * i], z[48 * i + 47]))
      """;

  @TempDir private Path temporary;

  private ActivationStore store(boolean halves) throws IOException {
    StoreOptions options = TinyStore.options();
    return ActivationStore.capture(
        TinyStore.model(),
        TinyStore.documents(30),
        halves ? options.float16() : options,
        temporary.resolve("store"));
  }

  private static List<String> lines(ActivationStore store) throws IOException {
    List<String> lines = new ArrayList<>();
    for (StoredBatch batch : store.batches(100)) {
      int[] documents = batch.documents();
      int[] positions = batch.positions();
      int[] tokens = batch.tokens();
      int[] kinds = batch.labels("kind");
      float[] z = batch.values(Z);
      for (int i = 0; i < batch.rows(); i++) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%s|%d|%d|%s|%x|%x",
                store.documents().get(documents[i]),
                positions[i],
                tokens[i],
                kinds[i] < 0 ? "" : store.labels().get("kind").get(kinds[i]),
                bits(store, z[48 * i]),
                bits(store, z[48 * i + 47])));
      }
    }
    return lines;
  }

  private static int bits(ActivationStore store, float value) {
    return store.type() == StoredType.F16
        ? HalfFloats.fromFloat(value) & 0xffff
        : Float.floatToRawIntBits(value);
  }

  private static String said(List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pythonReadsTheFolderWithItsOwnLibraryAlone(boolean halves) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "there is no /usr/bin/python3");
    ActivationStore store = store(halves);
    String said = said(List.of("/usr/bin/python3", "-c", SCRIPT, store.folder().toString()));
    assertThat(said.lines().toList()).isEqualTo(lines(store));
  }

  /** Written without a special option of the JVM, as here; the library's reader needs one. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void arrowReadsTheExport(boolean halves) throws Exception {
    ActivationStore store = store(halves);
    Path file = temporary.resolve("store.arrow");
    store.exportArrow(file);
    String said =
        said(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-Dfile.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                ArrowDump.class.getName(),
                file.toString()));
    List<String> expected = new ArrayList<>(List.of("model = " + store.provenance().get("model")));
    expected.addAll(lines(store));
    assertThat(said.lines().toList()).isEqualTo(expected);
    try (var files = Files.list(temporary)) {
      assertThat(files).containsExactlyInAnyOrder(file, store.folder());
    }
  }

  @Test
  void anExportTakesThePlaceOfAnother() throws IOException {
    ActivationStore store = store(false);
    Path file = temporary.resolve("store.arrow");
    Files.writeString(file, "old");
    store.exportArrow(file);
    assertThat(Files.size(file)).isGreaterThan(store.rows() * 4 * 4 * 48);
  }
}
