package io.loupe.workbench.hub;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Where a redirect leads, and whether that is somewhere else. */
final class Redirects {
  private static final String ILLEGAL = "\"<>\\^`{|}";

  private Redirects() {}

  /** Returns the address that a redirect names, be it whole or relative to who answered. */
  static URI target(Reply reply, Subject subject) throws HubException {
    String host = Http.host(reply.uri());
    String location =
        reply
            .header("location")
            .orElseThrow(() -> subject.refused(host + " redirects, but does not say where to"));
    URI target;
    try {
      target = reply.uri().resolve(legal(location));
    } catch (IllegalArgumentException e) {
      throw subject.refused(host + " redirects to something that is no address", e);
    }
    String scheme = String.valueOf(target.getScheme()).toLowerCase(Locale.ROOT);
    boolean web = scheme.equals("https") || scheme.equals("http");
    if (!web || target.getHost() == null) {
      throw subject.refused(host + " redirects to something that is no web address");
    }
    if (scheme.equals("http") && reply.uri().getScheme().equalsIgnoreCase("https")) {
      throw subject.refused(
          "%s redirects to %s, which is not encrypted".formatted(host, Http.host(target)));
    }
    return target;
  }

  /** Same scheme, host and port: a token for the one may be shown to the other. */
  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }

  /** Servers write characters that browsers put up with, and {@link URI} does not. */
  private static String legal(String location) {
    StringBuilder legal = new StringBuilder();
    for (byte b : location.strip().getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean escaped = c <= ' ' || c > '~' || ILLEGAL.indexOf(c) >= 0;
      legal.append(escaped ? "%%%02X".formatted((int) c) : String.valueOf(c));
    }
    return legal.toString();
  }
}
