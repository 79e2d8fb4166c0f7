package io.loupe.workbench.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the body that a server announces is the part of the file that it was asked for. */
final class BodyCheck {
  private static final Pattern RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

  private BodyCheck() {}

  /**
   * Returns where in the file the body begins: at 0 if the server sends all of it, asked or not.
   *
   * @param asked from where on the file was asked for
   * @throws HubException if the headers of a 200 or a 206 contradict what the hub said before
   */
  static long offset(Reply reply, RemoteFile file, long asked) throws HubException {
    boolean part = reply.status() == 206;
    Optional<String> problem =
        form(reply)
            .or(() -> part ? range(reply, file, asked) : Optional.empty())
            .or(() -> length(reply, file, part ? asked : 0));
    if (problem.isPresent()) {
      throw file.subject().refused(Http.host(reply.uri()) + " " + problem.get());
    }
    return part ? asked : 0;
  }

  private static Optional<String> form(Reply reply) {
    if (reply.header("content-type").orElse("").startsWith("text/html")) {
      return Optional.of(
          "sends a web page instead of the file: is there a proxy or a log-in page between?");
    }
    return reply
        .header("content-encoding")
        .filter(encoding -> !encoding.equals("identity"))
        .map("sends it encoded as '%s', unasked"::formatted);
  }

  private static Optional<String> range(Reply reply, RemoteFile file, long asked) {
    String said = reply.header("content-range").orElse("nothing");
    Matcher range = RANGE.matcher(said);
    boolean right =
        asked > 0
            && range.matches()
            && Long.parseLong(range.group(1)) == asked
            && (file.size() < 0 || Long.parseLong(range.group(2)) == file.size() - 1)
            && (file.size() < 0 || isSize(range.group(3), file.size()));
    return right
        ? Optional.empty()
        : Optional.of("was asked for bytes from %d on, and says '%s'".formatted(asked, said));
  }

  private static boolean isSize(String text, long size) {
    return text.equals("*") || Long.parseLong(text) == size;
  }

  private static Optional<String> length(Reply reply, RemoteFile file, long offset) {
    if (reply.length().isEmpty() || file.size() < 0) {
      return Optional.empty();
    }
    long whole = offset + reply.length().getAsLong();
    return whole == file.size()
        ? Optional.empty()
        : Optional.of("sends %d bytes; the hub promised %d".formatted(whole, file.size()));
  }
}
