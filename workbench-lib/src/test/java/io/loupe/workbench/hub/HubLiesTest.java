package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import io.loupe.workbench.testing.FakeHub;
import io.loupe.workbench.testing.FakeHub.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that sends something else than it promised: nothing of it gets into the cache. */
class HubLiesTest extends HubFixture {
  private static final String GET_WEIGHTS = "GET /cdn/model.safetensors";
  private static final String HEAD_CONFIG = "HEAD /resolve/" + FakeHub.COMMIT + "/config.json";

  @Test
  void anotherContentOfTheSameSize() {
    server.always(GET_WEIGHTS, FakeHub.body(new byte[300_000]));
    assertRefused(WEIGHTS).hasMessageContainingAll("hash", server.etag(WEIGHTS), "thrown away");
  }

  @Test
  void anotherContentOfASmallFile() {
    server.always(
        "GET /api/resolve-cache/config.json",
        FakeHub.body(new byte[server.content("config.json").length]));
    assertRefused("config.json").hasMessageContaining("hash");
  }

  @ParameterizedTest
  @ValueSource(ints = {299_999, 300_001, 0})
  void anotherSize(int size) {
    server.always(GET_WEIGHTS, FakeHub.body(Arrays.copyOf(server.content(WEIGHTS), size)));
    assertRefused(WEIGHTS)
        .hasMessageContaining("sends %d bytes; the hub promised 300000".formatted(size));
    assertThat(incomplete(WEIGHTS)).doesNotExist();
  }

  @Test
  void moreThanPromisedWithoutSayingHowMuch() {
    server.always(GET_WEIGHTS, chunked(Arrays.copyOf(server.content(WEIGHTS), 400_000)));
    assertRefused(WEIGHTS).hasMessageContainingAll("more comes", "300000");
  }

  @Test
  void lessThanPromisedWithoutSayingHowMuch() {
    server.always(GET_WEIGHTS, chunked(Arrays.copyOf(server.content(WEIGHTS), 1000)));
    assertThatThrownBy(this::fetch).hasMessageContaining("it ended after 1000 of 300000 bytes");
    assertThat(blob(WEIGHTS)).doesNotExist();
  }

  private static Answer chunked(byte[] body) {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write(body);
      exchange.close();
    };
  }

  @Test
  void aWebPageInsteadOfTheFile() {
    byte[] page = Arrays.copyOf("<html>log in".getBytes(StandardCharsets.UTF_8), 300_000);
    server.always(GET_WEIGHTS, FakeHub.body(page, "Content-Type", "text/html; charset=utf-8"));
    assertRefused(WEIGHTS).hasMessageContainingAll("localhost", "web page", "proxy");
  }

  @Test
  void aWebPageInsteadOfTheList() {
    server.always(
        "GET /revision/main",
        FakeHub.body("<html>".getBytes(StandardCharsets.UTF_8), "Content-Type", "text/html"));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll("owner/name", "text/html", "HF_ENDPOINT");
  }

  @Test
  void aListOfNothing() {
    server.always("GET /revision/main", FakeHub.body("{}".getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(this::fetch).hasMessageContainingAll("'sha'", "'siblings'");
  }

  @Test
  void aCompressedFile() {
    byte[] weights = server.content(WEIGHTS);
    server.always(GET_WEIGHTS, FakeHub.body(weights, "Content-Encoding", "gzip"));
    assertRefused(WEIGHTS).hasMessageContaining("gzip");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes 0-299999/300000",
        "bytes 1000-299999/300001",
        "bytes 1000-299998/300000",
        "bytes 1001-299999/300000",
        "bytes */300000",
        "nonsense"
      })
  void anotherRange(String range) throws IOException {
    Files.createDirectories(model().resolve("blobs"));
    Files.write(incomplete(WEIGHTS), Arrays.copyOf(server.content(WEIGHTS), 1000));
    server.always(GET_WEIGHTS, exchange -> part(exchange, range));
    assertRefused(WEIGHTS).hasMessageContainingAll("bytes from 1000 on", range);
  }

  @Test
  void aPartThatNobodyAskedFor() {
    server.always(GET_WEIGHTS, exchange -> part(exchange, "bytes 0-299999/300000"));
    assertRefused(WEIGHTS).hasMessageContaining("bytes from 0 on");
  }

  private void part(HttpExchange exchange, String range) throws IOException {
    exchange.getResponseHeaders().set("Content-Range", range);
    exchange.sendResponseHeaders(206, 0);
    exchange.getResponseBody().write(server.content(WEIGHTS), 1000, 299_000);
    exchange.close();
  }

  @Test
  void anotherCommit() {
    server.always(
        HEAD_CONFIG, FakeHub.status(200, "X-Repo-Commit", "f".repeat(40), "ETag", "\"a\""));
    assertRefused("config.json").hasMessageContainingAll(FakeHub.COMMIT, "f".repeat(40));
  }

  @Test
  void noEtag() {
    server.always(HEAD_CONFIG, FakeHub.status(200));
    assertRefused("config.json").hasMessageContainingAll("no ETag", "HF_ENDPOINT");
  }

  // an ETag becomes the name of a file
  @ParameterizedTest
  @ValueSource(strings = {"../../../escaped", "..", "a/b", "a.incomplete", ""})
  void anEtagThatIsAPath(String etag) throws IOException {
    server.always(HEAD_CONFIG, FakeHub.status(200, "ETag", '"' + etag + '"'));
    assertRefused("config.json").hasMessageContaining("ETag");
    assertNothingOutsideOfTheCache();
  }

  @Test
  void aSizeThatIsNone() {
    server.always(HEAD_CONFIG, FakeHub.status(200, "ETag", "\"a\"", "X-Linked-Size", "-5"));
    assertRefused("config.json").hasMessageContaining("-5");
  }

  @Test
  void aSizeThatNoDiskHas() {
    String size = "900000000000000000";
    server.always(HEAD_CONFIG, FakeHub.status(200, "ETag", "\"a\"", "X-Linked-Size", size));
    assertRefused("config.json")
        .hasMessageContainingAll("needs 900 PB", cache().toString(), "left", "HF_HUB_CACHE");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../evil.safetensors", "/tmp/evil.safetensors", "..", "a/b", "C:\\\\x", ".x", ""})
  void anIndexThatNamesAPath(String shard) throws IOException {
    server
        .without(WEIGHTS)
        .with("model.safetensors.index.json", "{\"weight_map\": {\"x\": \"" + shard + "\"}}")
        .listing(shard);
    assertRefused("model.safetensors.index.json").hasMessageContaining("outside of its folder");
    assertNothingOutsideOfTheCache();
  }

  @Test
  void aListThatNamesPaths() throws IOException {
    server
        .listing("../config.json")
        .listing("../../../../evil.json")
        .listing("/tmp/tokenizer.json")
        .listing("sub/../../vocab.json");
    assertThat(names(fetch().folder())).containsExactly("config.json", WEIGHTS, "tokenizer.json");
    assertThat(server.requests()).noneMatch(request -> request.path().contains(".."));
    assertNothingOutsideOfTheCache();
  }

  @Test
  void aPathIsRefusedWhereverItComesFrom() {
    RepoFolder folder = new RepoFolder(cache(), NAME);
    assertThatThrownBy(() -> folder.pointer(FakeHub.COMMIT, "../x"))
        .isInstanceOf(HubException.class)
        .hasMessageContaining("../x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[1]", "not JSON", "{\"weight_map\": {\"x\": 5, \"y\": {}}}"})
  void anIndexThatIsNone(String index) {
    server.without(WEIGHTS).with("model.safetensors.index.json", index);
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("model.safetensors.index.json");
  }

  private AbstractThrowableAssert<?, ?> assertRefused(String file) {
    AbstractThrowableAssert<?, ?> thrown =
        assertThatThrownBy(this::fetch)
            .isInstanceOf(HubException.class)
            .hasMessageContainingAll("owner/name", file)
            .satisfies(e -> assertThat(((HubException) e).repo()).isEqualTo("owner/name"))
            .satisfies(e -> assertThat(((HubException) e).file()).contains(file));
    assertThat(model().resolve("snapshots").resolve(FakeHub.COMMIT).resolve(file))
        .satisfies(
            pointer -> assertThat(Files.exists(pointer)).isEqualTo(file.endsWith("index.json")));
    assertThat(model().resolve("refs/main")).doesNotExist();
    if (file.equals(WEIGHTS)) {
      assertThat(blob(WEIGHTS)).doesNotExist();
      assertThat(incomplete(WEIGHTS)).doesNotExist();
    }
    return thrown;
  }

  private void assertNothingOutsideOfTheCache() throws IOException {
    assertThat(names(temporary)).isSubsetOf("cache");
    assertThat(names(cache())).isSubsetOf(".locks", "models--owner--name");
    assertThat(names(model())).isSubsetOf("blobs", "snapshots", "refs");
    try (Stream<Path> all = Files.walk(temporary)) {
      assertThat(all.map(path -> path.getFileName().toString())).noneMatch(n -> n.contains("evil"));
    }
  }
}
