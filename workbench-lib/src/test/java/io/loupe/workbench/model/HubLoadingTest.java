package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.workbench.display.Manifest;
import io.loupe.workbench.display.ProgressLine;
import io.loupe.workbench.hub.Hub;
import io.loupe.workbench.hub.HubException;
import io.loupe.workbench.hub.HubSettings;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.FakeHub;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a name of the hub to logits. */
class HubLoadingTest {
  private static final Tokens TOKENS = Tokens.of(new long[] {1, 2, 3});
  private static final Path GOLDEN = Expected.folder("golden/llama");

  @TempDir private Path cache;
  private FakeHub server;
  private final List<ProgressLine> progress = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    Manifest.clear(); // of models of other tests, which are gone
    server = new FakeHub();
    for (String file : List.of("config.json", "model.safetensors")) {
      server.with(file, Files.readAllBytes(GOLDEN.resolve(file)));
    }
  }

  @AfterEach
  void stop() {
    server.close();
    Manifest.clear();
  }

  @Test
  void aModelOfTheHubIsTheModelOfTheFolder() throws IOException {
    HookedTransformer model = load("owner/name@main");
    HookedTransformer folder = HookedTransformer.load(GOLDEN, LoadOptions.DEFAULT);

    assertThat(logits(model)).containsExactly(logits(folder));
    assertThat(model.name()).isEqualTo("owner/name@main");
    assertThat(Manifest.entries())
        .containsEntry("commit of owner/name@main", FakeHub.COMMIT)
        .containsEntry("weights of owner/name@main", "SHA-256 " + server.etag("model.safetensors"));
    assertThat(progress).isNotEmpty();
  }

  @Test
  void anUnknownFamilyIsRefusedBeforeItsWeightsAreFetched() {
    server.with("config.json", "{\"model_type\": \"mamba\"}");
    assertThatThrownBy(() -> load("owner/name"))
        .hasMessageContainingAll("config.json", "unknown model family 'mamba'");
    assertThat(server.downloads("model.safetensors")).isEmpty();
  }

  @Test
  void whatIsShippedOrAFolderIsNotAskedFor() throws IOException {
    ModelLoader.HubAccess none =
        () -> {
          throw new IOException("the hub was asked");
        };
    assertThat(ModelLoader.load("stories260k", LoadOptions.DEFAULT, none).name())
        .isEqualTo("stories260k");
    // a relative path of the form owner/name
    Path folder = Path.of("target/hub-model");
    Files.createDirectories(folder);
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.write(folder.resolve(file), server.content(file));
    }
    assertThat(ModelLoader.load("target/hub-model", LoadOptions.DEFAULT, none).name())
        .isEqualTo("target/hub-model");
  }

  @Test
  void theEnvironmentIsHeard() {
    // the tests' own environment says HF_HUB_OFFLINE=1 and an empty HF_HOME
    assertThatThrownBy(() -> HookedTransformer.load("owner/name"))
        .isInstanceOf(HubException.class)
        .hasMessageContainingAll("owner/name", "HF_HUB_OFFLINE is set", "huggingface");
  }

  @Test
  void theErrorNamesTheFormOfHubNames() {
    assertThatThrownBy(() -> load("no-such-model"))
        .hasMessageContainingAll("stories260k", "'owner/name' or 'owner/name@revision'");
  }

  private HookedTransformer load(String name) throws IOException {
    Map<String, String> environment =
        Map.of("HF_ENDPOINT", server.endpoint(), "HF_HOME", cache.toString(), "HOME", "" + cache);
    HubSettings settings = HubSettings.of(environment);
    return ModelLoader.load(name, LoadOptions.DEFAULT, () -> new Hub(settings, progress::add));
  }

  private static double[] logits(HookedTransformer model) {
    return Tensors.doubles(model.run(TOKENS).logits());
  }
}
