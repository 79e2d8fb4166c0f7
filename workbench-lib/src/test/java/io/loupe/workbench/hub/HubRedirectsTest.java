package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubRedirectsTest {
  private static final Subject SUBJECT = new Subject(new HubName("o", "n", "main"), null);

  @ParameterizedTest
  @CsvSource({
    "/b?x=1, https://h.co/b?x=1",
    "c, https://h.co/a/c",
    "https://cdn.co/x?f=a%20b, https://cdn.co/x?f=a%20b",
    "'https://cdn.co/x?f=\"a b|c\"', https://cdn.co/x?f=%22a%20b%7Cc%22",
    "//cdn.co/x, https://cdn.co/x"
  })
  void readsAddresses(String location, String expected) throws HubException {
    assertThat(target("https://h.co/a/b", location)).hasToString(expected);
  }

  @Test
  void doesNotLeaveEncryption() {
    assertThatThrownBy(() -> target("https://h.co/a", "http://h.co/a?key=secret"))
        .hasMessageContainingAll("o/n", "https://h.co", "http://h.co", "not encrypted")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "https://h.co/a, https://H.co:443/b, true",
    "http://h.co/a, http://h.co:80/b, true",
    "https://h.co/a, http://h.co/a, false",
    "https://h.co/a, https://h.co:444/a, false",
    "https://h.co/a, https://x.h.co/a, false",
    "https://h.co/a, https://h.co.evil.com/a, false"
  })
  void tellsOrigins(URI one, URI other, boolean same) {
    assertThat(Redirects.sameOrigin(one, other)).isEqualTo(same);
  }

  private static URI target(String from, String location) throws HubException {
    HttpHeaders headers = HttpHeaders.of(Map.of("Location", List.of(location)), (a, b) -> true);
    Reply reply = new Reply(302, URI.create(from), headers, Map.of(), new Body());
    return Redirects.target(reply, SUBJECT);
  }
}
