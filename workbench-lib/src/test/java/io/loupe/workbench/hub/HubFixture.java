package io.loupe.workbench.hub;

import io.loupe.workbench.display.ProgressLine;
import io.loupe.workbench.testing.FakeHub;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A hub with a model whose weights are noise, and an empty cache. */
abstract class HubFixture {
  static final HubName NAME = HubName.parse("owner/name").orElseThrow();
  static final String WEIGHTS = "model.safetensors";
  static final Patience SHORT =
      new Patience(
          3,
          Duration.ofMillis(1),
          Duration.ofMillis(20),
          Duration.ofSeconds(2),
          Duration.ofMillis(400),
          Duration.ZERO);

  @TempDir Path temporary;
  FakeHub server;
  final List<ProgressLine> progress = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() throws IOException {
    server =
        new FakeHub()
            .with("README.md", "unwanted")
            .with("config.json", "{\"model_type\": \"llama\"}")
            .with("tokenizer.json", "{}")
            .with(WEIGHTS, noise(300_000));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static byte[] noise(int size) {
    byte[] noise = new byte[size];
    new Random(size).nextBytes(noise);
    return noise;
  }

  // fetching

  Path cache() {
    return temporary.resolve("cache");
  }

  HubSettings settings(String... environment) {
    Map<String, String> variables = new TreeMap<>();
    variables.put("HF_ENDPOINT", server.endpoint());
    variables.put("HF_HUB_CACHE", cache().toString());
    variables.put("HF_HOME", temporary.resolve("home").toString());
    for (int i = 0; i < environment.length; i += 2) {
      variables.put(environment[i], environment[i + 1]);
    }
    try {
      return HubSettings.of(variables).with(SHORT);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  Snapshot fetch() throws IOException {
    return fetch(NAME, settings());
  }

  Snapshot fetch(HubName name, HubSettings settings) throws IOException {
    return new Hub(settings, progress::add).fetch(name, config -> {});
  }

  /** Returns settings for a port where nobody listens. */
  HubSettings nobody() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return settings("HF_ENDPOINT", "http://127.0.0.1:" + socket.getLocalPort());
    }
  }

  // what is in the cache

  Path model() {
    return cache().resolve("models--owner--name");
  }

  Path blob(String file) {
    return model().resolve("blobs").resolve(server.etag(file));
  }

  Path incomplete(String file) {
    return blob(file).resolveSibling(server.etag(file) + ".incomplete");
  }

  static List<String> names(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
