package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;
import java.util.List;

/**
 * A relation between a subject and an object.
 *
 * @param name such as {@code country capital city}
 * @param kind {@code factual}, {@code commonsense}, {@code linguistic} or {@code bias}
 * @param domain what subjects are
 * @param range what objects are
 * @param symmetric whether it also holds the other way round
 * @param templates sentences that an object ends, with {@code {}} for the subject
 * @param zeroShotTemplates sentences that say more clearly what is asked, for prompts without
 *     examples; may be empty
 */
public record FactRelation(
    String name,
    String kind,
    String domain,
    String range,
    boolean symmetric,
    List<String> templates,
    List<String> zeroShotTemplates) {
  static final String SUBJECT = "{}";

  public FactRelation {
    templates = List.copyOf(templates);
    zeroShotTemplates = List.copyOf(zeroShotTemplates);
    if (templates.isEmpty()) {
      throw new IllegalArgumentException("Relation '" + name + "' needs a template");
    }
    templates.forEach(FactRelation::requireOneGap);
    zeroShotTemplates.forEach(FactRelation::requireOneGap);
  }

  static boolean hasOneGap(String template) {
    int at = template.indexOf(SUBJECT);
    return at >= 0 && template.indexOf(SUBJECT, at + 1) < 0;
  }

  /** Returns a template with the subject put in, as a prompt with the span {@code subject}. */
  static Prompt filled(String template, String subject) {
    int at = template.indexOf(SUBJECT);
    return Prompt.of(template.replace(SUBJECT, subject)).mark("subject", at, at + subject.length());
  }

  private static void requireOneGap(String template) {
    if (!hasOneGap(template)) {
      throw new IllegalArgumentException(
          "A template needs {} once, for the subject; got \"" + template + "\"");
    }
  }
}
