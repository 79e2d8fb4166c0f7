package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.workbench.testing.FakeHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The cache is laid out as Python's {@code huggingface_hub} does it, and used without a hub. */
class HubCacheTest extends HubFixture {
  private HubName pinned;

  @BeforeEach
  void pin() {
    pinned = new HubName("owner", "name", FakeHub.COMMIT);
  }

  // the layout

  @Test
  void isLaidOutAsPythonDoes() throws IOException {
    Snapshot snapshot = fetch();

    assertThat(names(cache())).containsExactly(".locks", "models--owner--name");
    assertThat(names(model())).containsExactly("blobs", "refs", "snapshots");
    assertThat(Files.readString(model().resolve("refs/main"))).isEqualTo(FakeHub.COMMIT);
    assertThat(snapshot.folder()).isEqualTo(model().resolve("snapshots").resolve(FakeHub.COMMIT));
    for (String file : List.of("config.json", "tokenizer.json", WEIGHTS)) {
      Path pointer = snapshot.folder().resolve(file);
      assertThat(Files.readSymbolicLink(pointer))
          .isEqualTo(Path.of("../../blobs").resolve(server.etag(file)));
      assertThat(pointer).hasBinaryContent(server.content(file));
    }
    assertThat(names(model().resolve("blobs"))).hasSize(3);
    assertThat(cache().resolve(".locks/models--owner--name/" + server.etag(WEIGHTS) + ".lock"))
        .exists();
  }

  @Test
  void whereLinksCannotBeMadeTheFileItselfIsThere() throws IOException {
    HubSettings plain = settings("HF_HUB_DISABLE_SYMLINKS", "1");
    Path weights = fetch(NAME, plain).folder().resolve(WEIGHTS);
    assertThat(weights).isRegularFile().hasBinaryContent(server.content(WEIGHTS));
    assertThat(Files.isSymbolicLink(weights)).isFalse();
    server.forgetRequests();
    fetch(NAME, plain);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aBlobThatOthersUseIsCopiedWhereLinksCannotBeMade() throws IOException {
    Path blob = Files.createDirectories(model().resolve("blobs")).resolve(server.etag(WEIGHTS));
    Files.write(blob, server.content(WEIGHTS));
    Path folder = fetch(NAME, settings("HF_HUB_DISABLE_SYMLINKS", "1")).folder();
    assertThat(folder.resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
    assertThat(blob).exists();
    assertThat(server.downloads(WEIGHTS)).isEmpty();
  }

  // what is there is used

  @Test
  void whatPythonFetchedIsUsed() throws IOException {
    layOut("config.json", "tokenizer.json", WEIGHTS);
    Snapshot snapshot = fetch();
    assertThat(snapshot.folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
    assertThat(server.requests())
        .singleElement()
        .hasToString("GET /api/models/owner/name/revision/main");
  }

  @Test
  void whatPythonLeftOutIsFetched() throws IOException {
    layOut("config.json");
    assertThat(names(fetch().folder())).contains(WEIGHTS, "tokenizer.json");
    assertThat(server.downloads("config.json")).isEmpty();
  }

  @Test
  void aCommitThatIsThereNeedsNoHub() throws IOException {
    layOut("config.json", "tokenizer.json", WEIGHTS);
    assertThat(fetch(pinned, settings()).commit()).isEqualTo(FakeHub.COMMIT);
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void aCommitWithoutATokenizerIsLookedUp() throws IOException {
    layOut("config.json", WEIGHTS);
    assertThat(names(fetch(pinned, settings()).folder())).contains("tokenizer.json");
  }

  @Test
  void aBlobOfAnotherCommitIsNotFetchedAgain() throws IOException {
    fetch();
    Path folder = model().resolve("snapshots");
    Files.move(folder.resolve(FakeHub.COMMIT), folder.resolve("e".repeat(40)));
    server.forgetRequests();
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
    assertThat(server.downloads(WEIGHTS)).isEmpty();
  }

  @Test
  void aBlobThatIsGoneIsFetchedAgain() throws IOException {
    fetch();
    Files.delete(blob(WEIGHTS)); // its link dangles
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
  }

  @Test
  void aBlobThatWasCutShortIsFetchedAgain() throws IOException {
    Path blobs = Files.createDirectories(model().resolve("blobs"));
    Files.write(blobs.resolve(server.etag(WEIGHTS)), new byte[17]);
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
  }

  @Test
  void aBranchThatMovedIsFollowed() throws IOException {
    fetch();
    Files.writeString(model().resolve("refs/main"), "e".repeat(40));
    assertThat(fetch().commit()).isEqualTo(FakeHub.COMMIT);
    assertThat(model().resolve("refs/main")).hasContent(FakeHub.COMMIT);
  }

  /** As Python would: links of one snapshot to blobs, and the commit of the branch. */
  private void layOut(String... files) throws IOException {
    Path snapshot = Files.createDirectories(model().resolve("snapshots").resolve(FakeHub.COMMIT));
    Files.createDirectories(model().resolve("blobs"));
    Files.createDirectories(model().resolve("refs"));
    Files.writeString(model().resolve("refs/main"), FakeHub.COMMIT);
    for (String file : files) {
      Files.write(blob(file), server.content(file));
      Files.createSymbolicLink(
          snapshot.resolve(file), Path.of("../../blobs").resolve(server.etag(file)));
    }
  }

  // without a hub

  @Test
  void offlineTheCacheIsUsed() throws IOException {
    fetch();
    server.forgetRequests();
    Snapshot snapshot = fetch(NAME, settings("HF_HUB_OFFLINE", "1"));
    assertThat(snapshot.folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
    assertThat(fetch(pinned, settings("HF_HUB_OFFLINE", "1")).commit()).isEqualTo(FakeHub.COMMIT);
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void offlineItSaysWhatIsMissing() throws IOException {
    HubSettings offline = settings("HF_HUB_OFFLINE", "1");
    assertThatThrownBy(() -> fetch(NAME, offline))
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll(
            "owner/name", "HF_HUB_OFFLINE", cache().toString(), "nothing of revision 'main'");
    layOut("config.json");
    assertThatThrownBy(() -> fetch(NAME, offline)).hasMessageContaining("lacks model.safetensors");
    server.with(
        "model.safetensors.index.json", "{\"weight_map\": {\"x\": \"a\", \"y\": \"config.json\"}}");
    layOutMore("model.safetensors.index.json");
    assertThatThrownBy(() -> fetch(NAME, offline))
        .hasMessageContaining("lacks a in " + model().resolve("snapshots"));
    assertThat(server.requests()).isEmpty();
  }

  private void layOutMore(String file) throws IOException {
    Path snapshot = model().resolve("snapshots").resolve(FakeHub.COMMIT);
    Files.write(snapshot.resolve(file), server.content(file));
  }

  @Test
  void aHubThatCannotBeReachedIsReplacedByTheCache() throws IOException {
    fetch();
    progress.clear();
    assertThat(fetch(NAME, nobody()).folder().resolve(WEIGHTS))
        .hasBinaryContent(server.content(WEIGHTS));
    assertThat(progress)
        .singleElement()
        .matches(
            line ->
                line.last()
                    && line.text().contains("cannot connect to http://127.0.0.1")
                    && line.text().contains("the copy in the cache is taken"));
  }

  @Test
  void aHubThatIsDownIsReplacedByTheCache() throws IOException {
    fetch();
    server.always("GET /revision/main", FakeHub.status(503));
    assertThat(fetch().commit()).isEqualTo(FakeHub.COMMIT);
  }

  @Test
  void aHubThatRefusesIsNotReplacedByTheCache() throws IOException {
    fetch();
    server.always("GET /revision/main", FakeHub.status(404, "X-Error-Code", "RepoNotFound"));
    assertThatThrownBy(this::fetch)
        .hasMessageContainingAll("no such model", "HF_HUB_OFFLINE=1", "copy in the cache");
  }

  @Test
  void aHubThatCannotBeReachedIsAnErrorIfTheCacheLacksSomething() throws IOException {
    HubSettings nobody = nobody();
    assertThatThrownBy(() -> fetch(NAME, nobody))
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll(
            "owner/name", "cannot connect to http://127.0.0.1", cache().toString(), "nothing");
  }

  // a cache that cannot be written

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Files.writeString(cache(), "a file in its place");
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll(cache().toString(), "cannot be written", "HF_HUB_CACHE");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsNamed() throws IOException {
    Files.createDirectories(model().resolve("blobs"));
    Files.createSymbolicLink(incomplete(WEIGHTS), Path.of("/dev/full"));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll(
            WEIGHTS, cache().toString(), "No space left on device", "make room", "HF_HUB_CACHE");
    assertThat(server.downloads(WEIGHTS)).hasSize(1);
  }

  @Test
  void aCacheThatIsWholeIsNotWrittenTo() throws IOException {
    layOut("config.json", "tokenizer.json", WEIGHTS);
    Files.delete(model().resolve("refs/main"));
    Files.delete(model().resolve("refs"));
    Files.writeString(model().resolve("refs"), "a file where the folder should be");
    assertThat(fetch(NAME, settings()).commit()).isEqualTo(FakeHub.COMMIT);
  }
}
