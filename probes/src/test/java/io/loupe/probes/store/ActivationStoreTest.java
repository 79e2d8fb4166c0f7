package io.loupe.probes.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActivationStoreTest {
  private static final HookPoint Z = Sites.Z.at(1);
  private static final HookPoint LAST = Sites.RESID_POST.at(2);

  @TempDir private Path folder;

  private ActivationStore captured(int documents) throws IOException {
    return ActivationStore.capture(
        TinyStore.model(), TinyStore.documents(documents), TinyStore.options(), folder);
  }

  @Test
  void everyRowIsWhatAPlainRunHasThere() throws IOException {
    List<Document> documents = TinyStore.documents(30);
    ActivationStore store = captured(30);
    assertThat(store.points()).containsExactly(Sites.EMBED.here(), Sites.RESID_POST.at(0), Z, LAST);
    assertThat(store.shape(Z)).containsExactly(4L, 12L);
    assertThat(store.width(Z)).isEqualTo(48);
    assertThat(store.rows()).isEqualTo(documents.stream().mapToInt(Document::length).sum());
    assertThat(store.documents()).hasSize(30).startsWith("text 0", "text 1");
    long row = 0;
    for (Document document : documents) {
      assertThat(store.firstRow(document.id())).isEqualTo(row);
      assertThat(store.rowsOf(document.id())).isEqualTo(document.length());
      ActivationCache cache =
          TinyStore.model()
              .run(
                  Tokens.of(document.tokens()),
                  Capture.at(store.points().toArray(HookPoint[]::new)))
              .cache();
      for (HookPoint point : store.points()) {
        double[] expected = Tensors.doubles(cache.get(point));
        float[] actual = store.rows(point, row, document.length());
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
          assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-5));
        }
      }
      row += document.length();
    }
    store.verify();
  }

  @Test
  void tokensPositionsDocumentsAndLabelsStandBeside() throws IOException {
    List<Document> documents = TinyStore.documents(30);
    ActivationStore store = captured(30);
    assertThat(store.labels()).containsOnlyKeys("kind", "parity");
    assertThat(store.labels().get("kind")).containsExactly("noun", "verb", "Ärger");
    List<String> seen = new ArrayList<>();
    for (StoredBatch batch : store.batches(37)) {
      int[] tokens = batch.tokens();
      int[] positions = batch.positions();
      int[] of = batch.documents();
      int[] kinds = batch.labels("kind");
      for (int i = 0; i < batch.rows(); i++) {
        String kind = kinds[i] < 0 ? "" : store.labels().get("kind").get(kinds[i]);
        seen.add(of[i] + " " + positions[i] + " " + tokens[i] + " " + kind);
      }
    }
    List<String> expected = new ArrayList<>();
    for (int d = 0; d < documents.size(); d++) {
      long[] tokens = documents.get(d).tokens();
      List<String> kinds = documents.get(d).labels().get("kind");
      for (int i = 0; i < tokens.length; i++) {
        expected.add(d + " " + i + " " + tokens[i] + " " + (kinds == null ? "" : kinds.get(i)));
      }
    }
    assertThat(seen).isEqualTo(expected);
  }

  @Test
  void rowsAreReadAcrossShardsAndInAnyOrder() throws IOException {
    ActivationStore store = captured(30);
    float[] all = store.rows(LAST, 0, (int) store.rows());
    long[] wanted = {store.rows() - 1, 0, 77, 51, 50, 77};
    float[][] rows = store.rows(LAST, wanted);
    for (int i = 0; i < wanted.length; i++) {
      int from = (int) wanted[i] * 48;
      assertThat(rows[i]).containsExactly(java.util.Arrays.copyOfRange(all, from, from + 48));
    }
    List<Float> batched = new ArrayList<>();
    for (StoredBatch batch : store.batches(64)) {
      for (float value : batch.values(LAST)) {
        batched.add(value);
      }
    }
    assertThat(batched).hasSize(all.length);
    for (int i = 0; i < all.length; i++) {
      assertThat(batched.get(i)).isEqualTo(all[i]);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.row(LAST, store.rows()))
        .withMessageContaining("rows 0 to " + (store.rows() - 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.row(Sites.RESID_PRE.at(1), 0))
        .withMessageContaining("blocks.1.attn.hook_z")
        .withMessageContaining("has no blocks.1.hook_resid_pre");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.labels("colour", 0, 1))
        .withMessageContaining("[kind, parity]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.firstRow("none"))
        .withMessageContaining("text 0");
  }

  @Test
  void float16IsTheFloat32Rounded() throws IOException {
    ActivationStore wide = captured(12);
    ActivationStore narrow =
        ActivationStore.capture(
            TinyStore.model(),
            TinyStore.documents(12),
            TinyStore.options().float16(),
            folder.resolve("half"));
    assertThat(narrow.type()).isEqualTo(StoredType.F16);
    float[] expected = wide.rows(Z, 0, (int) wide.rows());
    for (int i = 0; i < expected.length; i++) {
      expected[i] = HalfFloats.toFloat(HalfFloats.fromFloat(expected[i]));
    }
    assertThat(narrow.rows(Z, 0, (int) wide.rows())).containsExactly(expected);
    narrow.verify();
  }

  @Test
  void aModelInFloat64IsStoredInFloat32() throws IOException {
    HookedTransformer model = TinyModels.gpt2(new LoadOptions(DataType.FLOAT64, Device.cpu()));
    ActivationStore store =
        ActivationStore.capture(
            model, TinyStore.documents(3), TinyStore.options(), folder.resolve("wide"));
    double[] exact =
        Tensors.doubles(
            model
                .run(Tokens.of(TinyStore.documents(3).get(0).tokens()), Capture.at(LAST))
                .cache()
                .get(LAST));
    float[] stored = store.rows(LAST, 0, exact.length / 48);
    for (int i = 0; i < exact.length; i++) {
      assertThat(stored[i]).isCloseTo((float) exact[i], within(1e-6f));
    }
    assertThat(store.provenance()).containsEntry("type", "float64");
  }

  @Test
  void provenanceNamesModelCorpusAndVersions() throws IOException {
    ActivationStore store =
        ActivationStore.capture(
            TinyStore.model().with(Interventions.zero(Sites.MLP_OUT.at(0))),
            TinyStore.documents(3),
            TinyStore.options(),
            folder);
    assertThat(store.provenance())
        .containsKeys("weights_sha256", "corpus_sha256", "pytorch", "java", "device")
        .containsEntry("gauge", "raw");
    assertThat(store.provenance().get("interventions")).contains("hook_mlp_out");
    assertThat(store.display().data().values().toString()).contains("blocks.1.attn.hook_z");
    assertThat(store.toString()).contains("3 documents");
  }

  @Test
  void badInputIsRefusedBeforeAnythingIsWritten() {
    HookedTransformer model = TinyStore.model();
    Path other = folder.resolve("refused");
    Document good = Document.of("good", 1, 2, 3);
    assertRefused(model, List.of(), other, "at least one document");
    assertRefused(model, List.of(good, good), other, "Two documents are called 'good'");
    assertRefused(
        model,
        List.of(Document.of("long", new long[65])),
        other,
        "'long' has 65 tokens, the model's context is 64",
        "Document.pieces(id, tokens, 64)");
    assertRefused(model, List.of(Document.of("id", 1, 128)), other, "token 128", "0 to 127");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ActivationStore.capture(
                    model, List.of(good), StoreOptions.of(Sites.RESID_POST, 3), other))
        .withMessageContaining("layers 0 to 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ActivationStore.capture(
                    model, List.of(good), StoreOptions.at(Sites.LN_FINAL.here()), other))
        .withMessageContaining("run(tokens, Capture.at(...))");
    assertThat(other).doesNotExist();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StoreOptions.of(Sites.PATTERN, 0))
        .withMessageContaining("must begin with BATCH, POS");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.label("pos", List.of("a", "b")))
        .withMessageContaining("3 tokens and 2 labels 'pos'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Document.of("none"))
        .withMessageContaining("'none' has no tokens");
  }

  private static void assertRefused(
      HookedTransformer model, List<Document> documents, Path folder, String... messages) {
    var refusal =
        assertThatIllegalArgumentException()
            .isThrownBy(
                () -> ActivationStore.capture(model, documents, TinyStore.options(), folder));
    for (String message : messages) {
      refusal.withMessageContaining(message);
    }
  }

  @Test
  void aValueThatFloat16CannotHoldIsNamed() {
    HookedTransformer loud =
        TinyStore.model().with(Interventions.scale(Sites.RESID_POST.at(0), 1e7));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ActivationStore.capture(
                    loud,
                    TinyStore.documents(3),
                    StoreOptions.of(Sites.RESID_POST, 0).float16(),
                    folder))
        .withMessageContaining("blocks.0.hook_resid_post has the value")
        .withMessageContaining("'text 0' at position 0")
        .withMessageContaining("without float16()");
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> ActivationStore.open(folder))
        .withMessageContaining("broken off behind 0 of");
  }

  @Test
  void aLongTextIsCutIntoDocuments() {
    List<Document> pieces = Document.pieces("book", new long[] {1, 2, 3, 4, 5}, 2);
    assertThat(pieces.stream().map(Document::id).collect(Collectors.toList()))
        .containsExactly("book#0", "book#1", "book#2");
    assertThat(pieces.get(2).tokens()).containsExactly(5);
    assertThat(Document.rows(Tokens.padded(Tokens.Padding.LEFT, new long[] {1}, new long[] {2, 3})))
        .extracting(Document::length)
        .containsExactly(1, 2);
  }
}
