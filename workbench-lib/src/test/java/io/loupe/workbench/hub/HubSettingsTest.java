package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The environment is read as Python's {@code huggingface_hub} reads it. */
class HubSettingsTest {
  @TempDir private Path home;

  @ParameterizedTest
  @CsvSource({
    "'', HOME/.cache/huggingface/hub",
    "XDG_CACHE_HOME=/x, /x/huggingface/hub",
    "HF_HOME=/h XDG_CACHE_HOME=/x, /h/hub",
    "HF_HUB_CACHE=/c HF_HOME=/h XDG_CACHE_HOME=/x, /c",
    "HUGGINGFACE_HUB_CACHE=/old HF_HOME=/h, /old",
    "HF_HUB_CACHE= HF_HOME=/h, /h/hub",
    "HF_HOME=~/h, HOME/h/hub",
    "HF_HUB_CACHE=~, HOME"
  })
  void cache(String environment, String expected) throws IOException {
    assertThat(of(environment).cache()).isEqualTo(Path.of(expected.replace("HOME", "" + home)));
  }

  @ParameterizedTest
  @CsvSource({
    "HF_TOKEN=a HUGGING_FACE_HUB_TOKEN=b HF_HOME=HOME, a",
    "HUGGING_FACE_HUB_TOKEN=b HF_HOME=HOME, b",
    "HF_HOME=HOME, filed",
    "HF_TOKEN= HF_HOME=HOME, filed",
    "HF_TOKEN_PATH=HOME/other HF_HOME=HOME, other",
    "HF_HOME=HOME/empty,",
  })
  void token(String environment, String expected) throws IOException {
    Files.writeString(home.resolve("token"), " filed\n");
    Files.writeString(home.resolve("other"), "other");
    assertThat(of(environment.replace("HOME", "" + home).replace("HF_" + home, "HF_HOME")).token())
        .isEqualTo(expected);
  }

  @Test
  void theTokenIsNeverShown() throws IOException {
    assertThat(of("HF_TOKEN=hf_secret").toString()).contains("***").doesNotContain("hf_secret");
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN", "hf_\nsecret")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HF_TOKEN")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "HF_HUB_OFFLINE=1, true",
    "HF_HUB_OFFLINE=yes, true",
    "TRANSFORMERS_OFFLINE=true, true",
    "HF_HUB_OFFLINE=0, false",
    "'', false"
  })
  void offline(String environment, boolean expected) throws IOException {
    assertThat(of(environment).offline()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'', https://huggingface.co",
    "HF_ENDPOINT=https://hf.example.com/hub/, https://hf.example.com/hub"
  })
  void endpoint(String environment, String expected) throws IOException {
    assertThat(of(environment).endpoint()).hasToString(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"huggingface.co", "file:///etc", "https://", "http://a b"})
  void anEndpointIsAWebAddress(String endpoint) {
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", endpoint)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("HF_ENDPOINT", "https://huggingface.co", endpoint);
  }

  private HubSettings of(String environment) throws IOException {
    Map<String, String> variables = new HashMap<>(Map.of("HOME", home.toString()));
    for (String entry : environment.split(" ")) {
      if (!entry.isEmpty()) {
        variables.put(entry.split("=")[0], entry.substring(entry.indexOf('=') + 1));
      }
    }
    return HubSettings.of(variables);
  }
}
