package io.loupe.workbench.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;

/**
 * Requests to a hub. It follows redirects itself, since the token must stay at the endpoint and the
 * hub tells a file's hash in the redirect to the file.
 */
final class Http {
  private static final int MOST_REDIRECTS = 10;
  private static final List<String> LINKED =
      List.of(Reply.COMMIT, Reply.LINKED_ETAG, Reply.LINKED_SIZE);

  private final HubSettings settings;
  private final HttpClient client;

  Http(HubSettings settings) {
    this.settings = settings;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.patience().connect())
            .build();
  }

  /**
   * Asks for the headers only. A redirect to another host is not followed if the hub has said what
   * there is to know.
   */
  Reply head(URI uri, Subject subject) throws HubException {
    return send("HEAD", uri, -1, subject);
  }

  /**
   * Asks for a file, from an offset on if that is not 0. The status may be any but a redirect.
   *
   * @throws UnavailableException if nobody answers
   */
  Reply get(URI uri, long offset, Subject subject) throws HubException {
    return send("GET", uri, offset, subject);
  }

  private Reply send(String method, URI start, long offset, Subject subject) throws HubException {
    Set<URI> seen = new LinkedHashSet<>();
    Map<String, String> linked = new HashMap<>();
    URI uri = start;
    while (true) {
      if (!seen.add(uri) || seen.size() > MOST_REDIRECTS + 1) {
        throw subject.refused("the hub redirects in a circle or without end: " + hosts(seen));
      }
      HttpResponse<Body> response = exchange(request(method, uri, offset), subject);
      for (String name : LINKED) {
        response.headers().firstValue(name).ifPresent(value -> linked.putIfAbsent(name, value));
      }
      Reply reply =
          new Reply(response.statusCode(), uri, response.headers(), linked, response.body());
      if (!reply.isRedirect()) {
        return reply;
      }
      reply.close();
      URI next = Redirects.target(reply, subject);
      boolean leaves = !Redirects.sameOrigin(uri, next);
      if (method.equals("HEAD") && leaves && linked.containsKey(Reply.LINKED_ETAG)) {
        return reply;
      }
      uri = next;
    }
  }

  private HttpRequest request(String method, URI uri, long offset) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(settings.patience().stall())
            .header("User-Agent", "loupe-workbench")
            .header("Accept-Encoding", "identity"); // sizes and hashes are of the file itself
    if (settings.token() != null && Redirects.sameOrigin(uri, settings.endpoint())) {
      request.header("Authorization", "Bearer " + settings.token());
    }
    if (offset > 0) {
      request.header("Range", "bytes=" + offset + "-");
    }
    return request.build();
  }

  private HttpResponse<Body> exchange(HttpRequest request, Subject subject) throws HubException {
    try {
      return client.send(request, info -> new Body());
    } catch (ConnectException e) {
      throw new UnavailableException(subject, "cannot connect to " + host(request.uri()), e);
    } catch (IOException e) {
      throw new UnavailableException(
          subject, "%s does not answer: %s".formatted(host(request.uri()), e.getMessage()), e);
    } catch (InterruptedException e) {
      throw interrupted(subject, e);
    }
  }

  /** The thread stays interrupted, as after a forward pass that was. */
  static CancellationException interrupted(Subject subject, InterruptedException cause) {
    Thread.currentThread().interrupt();
    CancellationException cancelled =
        new CancellationException("the thread was interrupted while it fetched " + subject);
    cancelled.initCause(cause);
    return cancelled;
  }

  /** The query of an address may be a signature, which is a secret: errors name hosts and paths. */
  private static List<String> hosts(Set<URI> uris) {
    return uris.stream().map(uri -> host(uri) + uri.getPath()).toList();
  }

  static String host(URI uri) {
    return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
  }
}
