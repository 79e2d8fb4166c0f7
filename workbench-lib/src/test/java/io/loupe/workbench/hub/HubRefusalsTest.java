package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.workbench.testing.FakeHub;
import io.loupe.workbench.testing.FakeHub.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is let in, who is told what; and where the token and a redirect may go. */
class HubRefusalsTest extends HubFixture {
  private static final String LIST = "GET /api/models/owner/name/revision/main";
  private static final String HEAD_CONFIG = "HEAD /resolve/" + FakeHub.COMMIT + "/config.json";

  @ParameterizedTest
  @CsvSource({
    "401, RepoNotFound, no such model;check the name;set HF_TOKEN;/settings/tokens",
    "401, , no such model;check the name;set HF_TOKEN",
    "404, RepoNotFound, no such model;check the name",
    "404, RevisionNotFound, no revision 'main'",
    "401, GatedRepo, gated;accept its licence at;/owner/name;set HF_TOKEN",
    "403, GatedRepo, gated;accept its licence at;/owner/name;set HF_TOKEN",
    "403, , forbids;403;HF_TOKEN",
    "404, , no such model",
    "418, , answers 418"
  })
  void saysWhatToDo(int status, String code, String words) {
    server.always(LIST, refusal(status, code));
    assertRefused(settings(), words);
    assertThat(server.requests()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "401, GatedRepo, config.json;gated;accept its licence;set HF_TOKEN",
    "403, GatedRepo, config.json;gated;accept its licence;set HF_TOKEN",
    "404, EntryNotFound, config.json;no such file",
    "404, , config.json;does not find it"
  })
  void saysItOfAFileToo(int status, String code, String words) {
    server.always(HEAD_CONFIG, refusal(status, code));
    assertRefused(settings(), words);
  }

  @ParameterizedTest
  @CsvSource({
    "401, , does not take the token;out of date;HF_TOKEN",
    "403, GatedRepo, gated;accept its licence;whose account and rights allow it",
    "403, , forbids;whose account and rights allow it"
  })
  void saysSomethingElseToWhoHasAToken(int status, String code, String words) {
    server.always(LIST, refusal(status, code));
    assertRefused(settings("HF_TOKEN", "hf_secret"), words);
  }

  @Test
  void tellsTheHubsOwnWords() {
    server.always(LIST, FakeHub.status(403, "X-Error-Message", "Access is disabled."));
    assertRefused(settings(), "403, 'Access is disabled.'");
  }

  @Test
  void namesTheFileServerThatRefuses() {
    server.always("GET /cdn/" + WEIGHTS, FakeHub.status(403));
    assertRefused(settings(), "model.safetensors;localhost;answers 403");
  }

  private static FakeHub.Answer refusal(int status, String code) {
    return code == null ? FakeHub.status(status) : FakeHub.status(status, "X-Error-Code", code);
  }

  private void assertRefused(HubSettings settings, String words) {
    assertThatThrownBy(() -> fetch(NAME, settings))
        .isInstanceOf(HubException.class)
        .hasMessageContaining("owner/name")
        .hasMessageContainingAll(words.split(";"))
        .hasMessageNotContaining("hf_secret")
        .hasMessageNotContaining("signature");
  }

  // the token

  @Test
  void theTokenGoesToTheEndpointOnly() throws IOException {
    fetch(NAME, settings("HF_TOKEN", "hf_secret"));

    List<Request> elsewhere =
        server.requests().stream().filter(r -> r.host().startsWith("localhost")).toList();
    assertThat(elsewhere).isNotEmpty().allMatch(request -> request.token().isEmpty());
    assertThat(server.requests())
        .filteredOn(request -> request.host().startsWith("127.0.0.1"))
        .hasSizeGreaterThan(5)
        .allMatch(request -> request.token().equals(java.util.Optional.of("Bearer hf_secret")));
  }

  @Test
  void theTokenStaysBehindWhenTheListIsElsewhere() throws IOException {
    String other = "http://localhost:" + server.port() + "/api/models/owner/name/revision/v1";
    server.always(LIST, FakeHub.status(307, "Location", other));
    fetch(NAME, settings("HF_TOKEN", "hf_secret"));
    assertThat(server.requests().get(1).host()).startsWith("localhost");
    assertThat(server.requests().get(1).token()).isEmpty();
  }

  @Test
  void theTokenMayStandInAFile() throws IOException {
    Files.createDirectories(temporary.resolve("home"));
    Files.writeString(temporary.resolve("home/token"), "hf_filed\n");
    fetch();
    assertThat(server.requests().get(0).token()).contains("Bearer hf_filed");
  }

  @Test
  void withoutATokenNoneIsSent() throws IOException {
    fetch();
    assertThat(server.requests()).allMatch(request -> request.token().isEmpty());
  }

  // redirects

  @Test
  void aModelThatWasRenamedIsFound() throws IOException {
    HubName old = HubName.parse("old/name").orElseThrow();
    server.always(
        "GET /api/models/old/name/revision/main",
        FakeHub.status(307, "Location", "/api/models/owner/name/revision/main"));
    for (String file : new String[] {"config.json", "tokenizer.json", WEIGHTS}) {
      String path = "/resolve/" + FakeHub.COMMIT + "/" + file;
      for (String method : new String[] {"HEAD", "GET"}) {
        server.always(
            method + " /old/name" + path,
            FakeHub.status(307, "Location", server.endpoint() + "/owner/name" + path));
      }
    }
    assertThat(names(fetch(old, settings()).folder())).contains(WEIGHTS);
    assertThat(names(cache())).contains("models--old--name");
  }

  @Test
  void aRedirectToItselfIsRefused() {
    server.always(LIST, FakeHub.status(302, "Location", "/api/models/owner/name/revision/main"));
    assertRefused(settings(), "in a circle");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aRedirectWithoutEndIsRefused() {
    server.always(
        "GET /cdn/" + WEIGHTS,
        exchange ->
            FakeHub.status(302, "Location", "/cdn/" + WEIGHTS + "?" + System.nanoTime())
                .to(exchange));
    assertRefused(settings(), WEIGHTS + ";without end");
    assertThat(server.downloads(WEIGHTS)).hasSize(10);
  }

  @ParameterizedTest
  @CsvSource({
    "file:///etc/passwd, no web address",
    "ftp://127.0.0.1/x, no web address",
    "http:///x, no",
    "http://[, no address"
  })
  void aRedirectToSomethingElseIsRefused(String location, String words) {
    server.always(LIST, FakeHub.status(302, "Location", location));
    assertRefused(settings(), words);
  }

  @Test
  void aRedirectToNowhereIsRefused() {
    server.always(LIST, FakeHub.status(302));
    assertRefused(settings(), "does not say where");
  }

  // revisions

  @Test
  void aRevisionIsAskedForAndRemembered() throws IOException {
    HubName name = HubName.parse("owner/name@refs/pr/1").orElseThrow();
    fetch(name, settings());
    assertThat(server.requests().get(0).path()).endsWith("/revision/refs%2Fpr%2F1");
    assertThat(model().resolve("refs/refs/pr/1")).hasContent(FakeHub.COMMIT);
    assertThat(server.requests())
        .filteredOn(request -> request.path().contains("/resolve/"))
        .isNotEmpty()
        .allMatch(request -> request.path().contains(FakeHub.COMMIT));
  }
}
