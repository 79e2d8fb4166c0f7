package io.loupe.notebooks.report;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Element;

/**
 * Keeps the ids and style rules of one output to itself: two figures may both have a clip path
 * {@code clip1}, and a rule {@code * { ... }} in one must not reach the page.
 */
final class IdScope {
  private static final Pattern URL = Pattern.compile("url\\(\\s*['\"]?#([^)'\"]+)['\"]?\\s*\\)");
  private static final Pattern SELECTOR = Pattern.compile("#([A-Za-z_][\\w.-]*)");
  private static final Set<String> LINKS = Set.of("href", "xlink:href");
  private static final Set<String> LISTS =
      Set.of("for", "headers", "list", "form", "itemref", "usemap");

  private final String scope;
  private final Set<String> ids = new HashSet<>();

  private IdScope(String scope) {
    this.scope = scope;
  }

  /**
   * Puts a prefix before all ids of the piece and the references to them, in place, and limits its
   * style rules to the element of the page that has the scope's name as its id.
   *
   * @param scope unique in the page
   */
  static void apply(Element root, String scope) {
    IdScope ids = new IdScope(scope);
    root.getAllElements().stream()
        .map(Element::id)
        .filter(id -> !id.isEmpty())
        .forEach(ids.ids::add);
    for (Element element : root.getAllElements()) {
      element.attributes().asList().forEach(attribute -> ids.rewrite(element, attribute));
      if (element.normalName().equals("style")) {
        Css.setText(element, ids.scoped(Css.text(element)));
      }
    }
  }

  private void rewrite(Element element, Attribute attribute) {
    String key = attribute.getKey().toLowerCase(Locale.ROOT);
    String value = attribute.getValue();
    String changed = urls(value);
    if (key.equals("id")) {
      changed = prefixed(value);
    } else if (LINKS.contains(key) && value.startsWith("#")) {
      changed = "#" + prefixed(value.substring(1));
    } else if (LISTS.contains(key) || key.startsWith("aria-")) {
      changed = list(value);
    }
    if (!changed.equals(value)) {
      element.attr(attribute.getKey(), changed);
    }
  }

  private String prefixed(String id) {
    return ids.contains(id) ? scope + "-" + id : id;
  }

  private String urls(String value) {
    return URL.matcher(value)
        .replaceAll(found -> Matcher.quoteReplacement("url(#" + prefixed(found.group(1)) + ")"));
  }

  /** An attribute such as aria-labelledby holds ids; aria-label holds words and stays as it is. */
  private String list(String value) {
    String[] words = value.strip().split("\\s+");
    boolean allIds = Arrays.stream(words).allMatch(ids::contains);
    return allIds
        ? Arrays.stream(words).map(this::prefixed).collect(Collectors.joining(" "))
        : value;
  }

  private String scoped(String css) {
    String own =
        SELECTOR
            .matcher(urls(css))
            .replaceAll(found -> Matcher.quoteReplacement("#" + prefixed(found.group(1))));
    boolean cannotBeNested = own.contains("@font-face") || own.contains("@keyframes");
    return cannotBeNested ? own : "#" + scope + " {" + own + "}";
  }
}
