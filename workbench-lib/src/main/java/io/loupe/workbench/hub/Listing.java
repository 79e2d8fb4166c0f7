package io.loupe.workbench.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the hub says is in a repository.
 *
 * @param commit the commit that the revision stands for
 * @param files the paths of its files; they are the server's words, to compare with and never to
 *     make a path from
 */
record Listing(String commit, Set<String> files) {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int LARGEST = 64 << 20;

  static Listing fetch(Http http, HubSettings settings, HubName name) throws HubException {
    Subject subject = new Subject(name, null);
    URI uri =
        URI.create(
            "%s/api/models/%s/revision/%s"
                .formatted(settings.endpoint(), name.repo(), encode(name.revision())));
    try (Reply reply = http.get(uri, 0, subject)) {
      if (reply.status() != 200) {
        throw new Refusals(settings).of(reply, subject);
      }
      return parse(bytes(reply, settings.patience().stall(), subject), subject, reply);
    }
  }

  /** A branch's slashes are no separators in an address. */
  static String encode(String revision) {
    return URLEncoder.encode(revision, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(Reply reply, Duration stall, Subject subject) throws HubException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    @Nullable ByteBuffer piece;
    try {
      while ((piece = reply.body().next(stall)) != null) {
        byte[] copy = new byte[piece.remaining()];
        piece.get(copy);
        bytes.writeBytes(copy);
        if (bytes.size() > LARGEST) {
          throw subject.refused("the hub's list of its files is longer than 64 MB");
        }
      }
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw new UnavailableException(subject, "its list of files: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      throw Http.interrupted(subject, e);
    }
    return bytes.toByteArray();
  }

  private static Listing parse(byte[] bytes, Subject subject, Reply reply) throws HubException {
    String host = Http.host(reply.uri());
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (JacksonException e) {
      throw subject.refused(
          "%s does not speak as a hub does: expected a list of files, got no JSON but %s; is a proxy between, is HF_ENDPOINT right?"
              .formatted(host, reply.header("content-type").orElse("something else")),
          e);
    }
    String commit = root.path("sha").asString("");
    if (!HubName.isCommit(commit) || !root.path("siblings").isArray()) {
      throw subject.refused(
          host + " does not speak as a hub does: its list of files lacks 'sha' or 'siblings'");
    }
    Set<String> files = new LinkedHashSet<>();
    root.path("siblings").forEach(file -> files.add(file.path("rfilename").asString("")));
    return new Listing(commit, files);
  }
}
