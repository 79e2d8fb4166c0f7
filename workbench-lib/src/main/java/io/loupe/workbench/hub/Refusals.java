package io.loupe.workbench.hub;

import java.time.Duration;
import java.util.Optional;

/** What a status says that is no success, and what to do about it. */
final class Refusals {
  private final HubSettings settings;

  Refusals(HubSettings settings) {
    this.settings = settings;
  }

  /** Returns the exception for an answer that is neither a success nor a redirect. */
  HubException of(Reply reply, Subject subject) {
    int status = reply.status();
    String host = Http.host(reply.uri());
    if (status == 429 || status == 408 || status >= 500) {
      return busy(reply, subject, "%s answers %s".formatted(host, words(reply)));
    }
    if (!Redirects.sameOrigin(reply.uri(), settings.endpoint())) {
      return subject.refused(
          "%s, where the hub sent us for it, answers %s".formatted(host, words(reply)));
    }
    return subject.refused(problem(reply, subject));
  }

  private String problem(Reply reply, Subject subject) {
    int status = reply.status();
    String page = settings.endpoint() + "/" + subject.name().repo();
    return switch (reply.header("x-error-code").orElse("")) {
      case "GatedRepo" ->
          "the model is gated: accept its licence at %s, then %s".formatted(page, setToken());
      case "RevisionNotFound" ->
          "the model has no revision '%s': %s/refs lists branches and tags"
              .formatted(subject.name().revision(), page + "/tree/main");
      case "EntryNotFound" -> "the repository has no such file";
      case "RepoNotFound" -> notFound();
      default ->
          switch (status) {
            case 401 -> settings.token() == null ? notFound() : tokenRefused(reply);
            case 403 ->
                "the hub forbids it (%s): if it is gated, accept its licence at %s; then %s"
                    .formatted(words(reply), page, setToken());
            case 404 -> subject.file() == null ? notFound() : "the hub does not find it";
            default -> "the hub answers " + words(reply);
          };
    };
  }

  /** The hub answers alike for a model that is not there and one that may not be seen. */
  private String notFound() {
    return "%s has no such model, or does not show it: check the name (nor is there a folder of it here); if the model is private or gated, %s"
        .formatted(settings.endpoint(), setToken());
  }

  private static String tokenRefused(Reply reply) {
    return "the hub does not take the token (%s): HF_TOKEN, or the token file, may be out of date"
        .formatted(words(reply));
  }

  private String setToken() {
    return settings.token() == null
        ? "set HF_TOKEN to a token that may read it (made at %s/settings/tokens)"
            .formatted(settings.endpoint())
        : "use a token in HF_TOKEN whose account and rights allow it";
  }

  private UnavailableException busy(Reply reply, Subject subject, String problem) {
    String advice =
        reply.status() == 429 && settings.token() == null
            ? "; with a token in HF_TOKEN the limit is higher"
            : "";
    return new UnavailableException(subject, problem + advice, wait(reply));
  }

  private static Duration wait(Reply reply) {
    Optional<String> seconds = reply.header("retry-after").filter(t -> t.matches("\\d{1,6}"));
    return seconds.map(text -> Duration.ofSeconds(Long.parseLong(text))).orElse(Duration.ZERO);
  }

  private static String words(Reply reply) {
    Optional<String> said = reply.header("x-error-message").filter(text -> text.length() < 300);
    return reply.status() + said.map(text -> ", '" + text + "'").orElse("");
  }
}
