package io.loupe.workbench.hub;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A file as the hub describes it.
 *
 * @param uri where to get it: at the hub, which sends us on
 * @param etag its name among the blobs
 * @param checksum what the etag is
 * @param size in bytes, or -1 if the hub does not say
 */
record RemoteFile(Subject subject, URI uri, String etag, Checksum checksum, long size) {
  private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9_-]{1,128}");
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern GIT = Pattern.compile("[0-9a-f]{40}");

  /** Asks the hub about a file of a commit; the file's name must be one that we know. */
  static RemoteFile describe(Http http, HubSettings settings, Subject subject, String commit)
      throws HubException {
    URI uri =
        URI.create(
            "%s/%s/resolve/%s/%s"
                .formatted(settings.endpoint(), subject.name().repo(), commit, subject.file()));
    try (Reply reply = http.head(uri, subject)) {
      if (reply.status() != 200 && !reply.isRedirect()) {
        throw new Refusals(settings).of(reply, subject);
      }
      Optional<String> other = reply.linked(Reply.COMMIT).filter(given -> !given.equals(commit));
      if (other.isPresent()) {
        throw subject.refused(
            "asked for it at commit %s, the hub answers for %s".formatted(commit, other.get()));
      }
      return of(reply, subject, uri);
    }
  }

  private static RemoteFile of(Reply reply, Subject subject, URI uri) throws HubException {
    Optional<String> linked = reply.linked(Reply.LINKED_ETAG).map(RemoteFile::bare);
    String etag =
        linked
            .or(() -> reply.header("etag").map(RemoteFile::bare))
            .orElseThrow(
                () ->
                    subject.refused(
                        "%s does not speak as a hub does: it sends no ETag; is a proxy between, is HF_ENDPOINT right?"
                            .formatted(Http.host(reply.uri()))));
    if (!SAFE.matcher(etag).matches()) {
      throw subject.refused("its ETag cannot be the name of a blob: '" + etag + "'");
    }
    return new RemoteFile(
        subject, uri, etag, checksum(etag, linked.isPresent()), size(reply, subject));
  }

  /** A plain ETag of 64 digits may be a file server's own hash: only a linked one is SHA-256. */
  private static Checksum checksum(String etag, boolean linked) {
    if (linked && SHA_256.matcher(etag).matches()) {
      return Checksum.SHA_256;
    }
    return GIT.matcher(etag).matches() ? Checksum.GIT : Checksum.NONE;
  }

  private static String bare(String etag) {
    String strong = etag.strip();
    strong = strong.startsWith("W/") ? strong.substring(2) : strong;
    return strong.replaceAll("^\"|\"$", "");
  }

  /** The length that a redirect announces is that of the redirect. */
  private static long size(Reply reply, Subject subject) throws HubException {
    Optional<String> size = reply.linked(Reply.LINKED_SIZE);
    if (size.isEmpty()) {
      return reply.isRedirect() ? -1 : reply.length().orElse(-1);
    }
    if (!size.get().matches("\\d{1,18}")) {
      throw subject.refused("the hub says its size is '%s', which is none".formatted(size.get()));
    }
    return Long.parseLong(size.get());
  }
}
