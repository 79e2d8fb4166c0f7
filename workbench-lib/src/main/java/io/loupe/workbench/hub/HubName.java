package io.loupe.workbench.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model of the hub, as it is named there.
 *
 * @param owner user or organisation
 * @param name the model's name
 * @param revision a branch, a tag or a commit; {@link #MAIN} if nothing else is asked for
 */
public record HubName(String owner, String name, String revision) {
  /** The branch that is meant when no revision is named. */
  public static final String MAIN = "main";

  private static final Pattern FORM = Pattern.compile("([^/@]+)/([^/@]+)(?:@(.*))?");
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_](?:[\\w.-]{0,94}\\w)?");
  private static final Pattern REVISION =
      Pattern.compile("[A-Za-z0-9_][\\w.+-]*(?:/[A-Za-z0-9_][\\w.+-]*)*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  public HubName {
    if (!isPart(owner) || !isPart(name)) {
      throw new IllegalArgumentException(
          "Expected a name of the hub such as 'owner/name', got '%s/%s'".formatted(owner, name));
    }
    // it becomes part of a path in the cache
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw new IllegalArgumentException(
          "Expected a branch, a tag or a commit behind '%s/%s@', got '%s'"
              .formatted(owner, name, revision));
    }
  }

  /**
   * Reads {@code owner/name} or {@code owner/name@revision}. Empty if the text has not that form,
   * as a path has not.
   *
   * @throws IllegalArgumentException if it has, but the revision can be none
   */
  public static Optional<HubName> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches() || !isPart(form.group(1)) || !isPart(form.group(2))) {
      return Optional.empty();
    }
    String revision = form.group(3);
    return Optional.of(
        new HubName(form.group(1), form.group(2), revision == null ? MAIN : revision));
  }

  private static boolean isPart(String text) {
    return PART.matcher(text).matches() && !text.contains("--") && !text.contains("..");
  }

  /** Returns {@code owner/name}. */
  public String repo() {
    return owner + "/" + name;
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  @Override
  public String toString() {
    return revision.equals(MAIN) ? repo() : repo() + "@" + revision;
  }
}
