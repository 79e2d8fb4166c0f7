package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import io.loupe.workbench.display.ProgressLine;
import io.loupe.workbench.testing.FakeHub;
import io.loupe.workbench.testing.FakeHub.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files are fetched, and that a bad connection or a busy server is put up with. */
class HubDownloadTest extends HubFixture {

  // which files

  @Test
  void fetchesWhatAModelNeedsAndNothingElse() throws IOException {
    List<String> wanted =
        List.of(
            "added_tokens.json",
            "config.json",
            "generation_config.json",
            "merges.txt",
            "model.safetensors",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "vocab.json",
            "vocab.txt");
    wanted.stream().filter(file -> !file.equals(WEIGHTS)).forEach(file -> server.with(file, file));
    server.with("pytorch_model.bin", noise(10)).with("model.onnx", noise(10));

    Snapshot snapshot = fetch();

    assertThat(snapshot.commit()).isEqualTo(FakeHub.COMMIT);
    assertThat(names(snapshot.folder())).isEqualTo(wanted);
    for (String file : wanted) {
      assertThat(snapshot.folder().resolve(file)).hasBinaryContent(server.content(file));
    }
  }

  @Test
  void fetchesTheShardsThatAnIndexNames() throws IOException {
    shards("model.safetensors.index.json", "a.safetensors", "b.safetensors");
    server.with("pytorch_model.bin", noise(10)).with("c.safetensors", noise(10));
    assertThat(names(fetch().folder()))
        .containsExactly(
            "a.safetensors",
            "b.safetensors",
            "config.json",
            "model.safetensors.index.json",
            "tokenizer.json");
  }

  @Test
  void fetchesPicklesOnlyIfThereIsNothingBetter() throws IOException {
    server.without(WEIGHTS).with("pytorch_model.bin", noise(10));
    assertThat(names(fetch().folder())).contains("pytorch_model.bin");
  }

  @Test
  void fetchesShardsOfPickles() throws IOException {
    shards("pytorch_model.bin.index.json", "p-1.bin", "p-2.bin");
    assertThat(names(fetch().folder())).contains("p-1.bin", "p-2.bin");
  }

  private void shards(String index, String one, String other) {
    server
        .without(WEIGHTS)
        .with(index, "{\"weight_map\": {\"x\": \"%s\", \"y\": \"%s\"}}".formatted(one, other))
        .with(one, noise(1000))
        .with(other, noise(2000));
  }

  @Test
  void saysWhatARepositoryHasThatIsNoModel() {
    server.without(WEIGHTS).with("model.gguf", noise(10));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll("owner/name", "no weights", "model.safetensors", "model.gguf");
    server.without("config.json");
    assertThatThrownBy(this::fetch).hasMessageContainingAll("owner/name", "no config.json");
  }

  @Test
  void aShardThatTheRepositoryLacksIsNamed() {
    shards("model.safetensors.index.json", "a.safetensors", "b.safetensors");
    server.without("b.safetensors");
    assertThatThrownBy(this::fetch).hasMessageContainingAll("not all files", "b.safetensors");
  }

  @Test
  void theConfigurationIsLookedAtBeforeTheWeightsAreFetched() {
    Hub hub = new Hub(settings(), progress::add);
    assertThatThrownBy(
            () ->
                hub.fetch(
                    NAME,
                    config -> {
                      assertThat(config).hasBinaryContent(server.content("config.json"));
                      throw new IOException("unknown family");
                    }))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("unknown family");
    assertThat(server.downloads(WEIGHTS)).isEmpty();
  }

  @Test
  void anEmptyFileIsAFile() throws IOException {
    server.with("merges.txt", "");
    assertThat(fetch().folder().resolve("merges.txt")).isEmptyFile();
  }

  // bad connections

  @Test
  void goesOnWhereAConnectionBroke() throws IOException {
    byte[] weights = server.content(WEIGHTS);
    server.once("GET /cdn/" + WEIGHTS, FakeHub.broken(weights, 200_000));

    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(weights);

    List<Request> downloads = server.downloads(WEIGHTS);
    assertThat(downloads).hasSize(2);
    assertThat(downloads.get(0).range()).isEmpty();
    assertThat(downloads.get(1).range()).contains("bytes=200000-");
    assertThat(names(model().resolve("blobs"))).noneMatch(name -> name.endsWith(".incomplete"));
  }

  @Test
  void goesOnWithWhatAnEarlierProcessLeft() throws IOException {
    Files.createDirectories(model().resolve("blobs"));
    Files.write(incomplete(WEIGHTS), Arrays.copyOf(server.content(WEIGHTS), 123_456));
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
    assertThat(server.downloads(WEIGHTS)).hasSize(1);
    assertThat(server.downloads(WEIGHTS).get(0).range()).contains("bytes=123456-");
  }

  @ParameterizedTest
  @ValueSource(ints = {123_456, 300_000, 300_001})
  void doesNotTrustWhatAnEarlierProcessLeft(int size) throws IOException {
    Files.createDirectories(model().resolve("blobs"));
    Files.write(incomplete(WEIGHTS), new byte[size]);
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
    assertThat(server.downloads(WEIGHTS)).last().matches(request -> request.range().isEmpty());
  }

  @Test
  void startsAgainIfTheServerKnowsNoRanges() throws IOException {
    byte[] weights = server.content(WEIGHTS);
    server
        .once("GET /cdn/" + WEIGHTS, FakeHub.broken(weights, 200_000))
        .once("GET /cdn/" + WEIGHTS, FakeHub.body(weights));
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(server.downloads(WEIGHTS)).hasSize(2);
  }

  @Test
  void startsAgainIfNothingIsLeftToSend() throws IOException {
    Files.createDirectories(model().resolve("blobs"));
    Files.write(incomplete(WEIGHTS), new byte[1000]);
    server.once("GET /cdn/" + WEIGHTS, FakeHub.status(416, "Content-Range", "bytes */1000"));
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
  }

  @Test
  void aConnectionThatGetsFurtherEachTimeIsNotGivenUp() throws IOException {
    byte[] weights = server.content(WEIGHTS);
    for (int i = 0; i < 2 * SHORT.tries(); i++) {
      server.once(
          "GET /cdn/" + WEIGHTS,
          exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            String part = "bytes %d-%d/%d".formatted(from, weights.length - 1, weights.length);
            exchange.getResponseHeaders().set("Content-Range", part);
            exchange.sendResponseHeaders(range == null ? 200 : 206, weights.length - from);
            FakeHub.breakAfter(exchange, weights, from, 10_000);
          });
    }
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(server.downloads(WEIGHTS)).hasSize(2 * SHORT.tries() + 1);
  }

  @Test
  void aConnectionThatStallsCountsAsBroken() throws IOException {
    byte[] weights = server.content(WEIGHTS);
    server.once(
        "GET /cdn/" + WEIGHTS,
        exchange -> {
          exchange.sendResponseHeaders(200, weights.length);
          exchange.getResponseBody().write(weights, 0, 150_000);
          exchange.getResponseBody().flush();
          sleep(20_000);
        });
    assertThat(fetch().folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(server.downloads(WEIGHTS).get(1).range()).contains("bytes=150000-");
    assertThat(progress).anyMatch(line -> line.text().contains("no byte came for 400 ms"));
  }

  @Test
  void aServerThatDoesNotAnswerIsGivenUp() {
    server.always("GET /revision/main", exchange -> sleep(20_000));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll("owner/name", "127.0.0.1", "does not answer", cache().toString());
    assertThat(server.requests()).hasSize(SHORT.tries());
  }

  @Test
  void aBodyThatAlwaysBreaksIsGivenUpAndKept() {
    byte[] weights = server.content(WEIGHTS);
    server.once("GET /cdn/" + WEIGHTS, FakeHub.broken(weights, 100_000));
    server.always("GET /cdn/" + WEIGHTS, HttpExchange::close);
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll(WEIGHTS, "the 100 kB that came are kept");
    assertThat(server.downloads(WEIGHTS)).hasSizeBetween(3, 2 * SHORT.tries());
    assertThat(blob(WEIGHTS)).doesNotExist();
    assertThat(incomplete(WEIGHTS)).hasSize(100_000);
  }

  @ParameterizedTest
  @CsvSource({
    "500, GET /revision/main",
    "429, GET /revision/main",
    "503, HEAD /resolve/" + FakeHub.COMMIT + "/config.json",
    "500, GET /cdn/model.safetensors",
    "429, GET /resolve/" + FakeHub.COMMIT + "/model.safetensors"
  })
  void aBusyServerIsAskedAgain(int status, String request) throws IOException {
    server.once(request, FakeHub.status(status)).once(request, FakeHub.status(status));
    assertThat(names(fetch().folder())).contains("config.json", WEIGHTS);
    assertThat(progress)
        .anyMatch(line -> line.text().matches(".*" + status + ".*; try 3 of 3 in 1 s"));
  }

  @Test
  void aServerThatStaysBusyIsGivenUp() {
    server.always("GET /cdn/" + WEIGHTS, FakeHub.status(429, "Retry-After", "3600"));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll("owner/name", WEIGHTS, "429", "HF_TOKEN");
    assertThat(server.downloads(WEIGHTS)).hasSize(SHORT.tries());
  }

  @Test
  void anInterruptEndsADownloadAndIsKept() {
    server.once(
        "GET /cdn/" + WEIGHTS,
        exchange -> {
          exchange.sendResponseHeaders(200, 300_000);
          exchange.getResponseBody().write(server.content(WEIGHTS), 0, 50_000);
          exchange.getResponseBody().flush();
          sleep(20_000);
        });
    Thread here = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              while (incomplete(WEIGHTS).toFile().length() < 50_000) {
                sleep(5);
              }
              here.interrupt();
            });
    interrupter.start();
    assertThatThrownBy(this::fetch).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(incomplete(WEIGHTS)).hasSize(50_000);
  }

  // progress

  @Test
  void saysHowFarItIs() throws IOException {
    fetch();
    assertThat(progress.stream().map(ProgressLine::text))
        .anyMatch(
            text ->
                text.matches("owner/name: model.safetensors \\d+ kB of 300 kB, .*/s, \\d+ s left"));
    assertThat(progress).filteredOn(ProgressLine::last).hasSize(1);
    assertThat(progress.get(progress.size() - 1).text())
        .matches("owner/name: fetched 3 files, 300 kB in \\d s");
    progress.clear();
    fetch();
    assertThat(progress).isEmpty();
  }

  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
