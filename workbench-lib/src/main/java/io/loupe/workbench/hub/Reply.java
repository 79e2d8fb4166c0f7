package io.loupe.workbench.hub;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a server answered, at the end of all redirects.
 *
 * @param uri who answered
 * @param linked what the hub said about the file before it sent us elsewhere, by header in lower
 *     case
 */
record Reply(int status, URI uri, HttpHeaders headers, Map<String, String> linked, Body body)
    implements AutoCloseable {
  static final String COMMIT = "x-repo-commit";
  static final String LINKED_ETAG = "x-linked-etag";
  static final String LINKED_SIZE = "x-linked-size";

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  Optional<String> linked(String name) {
    return Optional.ofNullable(linked.get(name));
  }

  /** Returns the length of the body that was announced. */
  OptionalLong length() {
    try {
      return headers.firstValueAsLong("content-length");
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  boolean isRedirect() {
    return isRedirect(status);
  }

  /** 304 answers a question that we do not ask. */
  static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  @Override
  public void close() {
    body.close();
  }
}
