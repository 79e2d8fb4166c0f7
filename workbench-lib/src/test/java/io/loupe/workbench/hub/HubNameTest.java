package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubNameTest {
  @ParameterizedTest
  @CsvSource({
    "openai-community/gpt2, openai-community, gpt2, main",
    "EleutherAI/pythia-70m@step1000, EleutherAI, pythia-70m, step1000",
    "a/b.c_d@refs/pr/12, a, b.c_d, refs/pr/12",
    "_x/Y-1@v1.0+a, _x, Y-1, v1.0+a"
  })
  void reads(String text, String owner, String name, String revision) {
    assertThat(HubName.parse(text)).contains(new HubName(owner, name, revision));
    assertThat(HubName.parse(text).orElseThrow()).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2", "a/b/c", "/a/b", "./b", "../b", "a/..", "a/.b", "a/b-", "a--b/c", "a/b..c", "",
        "a b/c", "~/b", "a/", "C:\\a/b", "a/b\n"
      })
  void whatHasAnotherFormIsNoName(String text) {
    assertThat(HubName.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "../x", "a/../b", "/a", "a//b", "a\\b", "a b", "-a", "a..b", "a/", "a:b"})
  void aRevisionIsNoPath(String revision) {
    assertThatThrownBy(() -> HubName.parse("a/b@" + revision))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("a branch, a tag or a commit", "'" + revision + "'");
  }

  @Test
  void anOwnerIsNoPath() {
    assertThatThrownBy(() -> new HubName("..", "b", "main"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("owner/name", "../b");
  }
}
