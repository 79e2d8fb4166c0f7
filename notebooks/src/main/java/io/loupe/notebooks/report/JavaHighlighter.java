package io.loupe.notebooks.report;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Marks the words of Java code for the style sheet: keywords, types, texts, numbers, comments. */
final class JavaHighlighter {
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?<comment>//[^\\n]*|(?s:/\\*.*?(?:\\*/|\\z)))"
              + "|(?<string>(?s:\"\"\".*?(?:\"\"\"|\\z))"
              + "|\"[^\"\\\\\\n]*+(?:\\\\.[^\"\\\\\\n]*+)*+\"?"
              + "|'[^'\\\\\\n]*+(?:\\\\.[^'\\\\\\n]*+)*+'?)"
              + "|(?<annotation>@[A-Za-z_$][\\w$]*)"
              + "|(?<number>\\b\\d(?:[eE][+-]|[pP][+-]|[\\w.])*)"
              + "|(?<word>[A-Za-z_$][\\w$]*)");
  private static final Set<String> KEYWORDS =
      Set.of(
          ("abstract assert boolean break byte case catch char class const continue default do"
                  + " double else enum extends final finally float for goto if implements import"
                  + " instanceof int interface long native new package permits private"
                  + " protected public record return sealed short static strictfp super switch"
                  + " synchronized this throw throws transient try var void volatile while yield"
                  + " true false null")
              .split(" "));

  private JavaHighlighter() {}

  /** Returns the code as HTML; without its tags it is the code. */
  static String toHtml(String code) {
    StringBuilder html = new StringBuilder(code.length() * 2);
    Matcher token = TOKEN.matcher(code);
    int end = 0;
    while (token.find()) {
      html.append(Html.escape(code.substring(end, token.start())));
      append(html, kind(token), token.group());
      end = token.end();
    }
    return html.append(Html.escape(code.substring(end))).toString();
  }

  private static void append(StringBuilder html, String kind, String text) {
    if (kind.isEmpty()) {
      html.append(Html.escape(text));
    } else {
      html.append("<span class=\"").append(kind).append("\">");
      html.append(Html.escape(text)).append("</span>");
    }
  }

  /** Returns the class in the style sheet, empty for plain text. */
  private static String kind(Matcher token) {
    if (token.group("comment") != null) {
      return "co";
    }
    if (token.group("string") != null) {
      return "st";
    }
    if (token.group("annotation") != null) {
      return "an";
    }
    if (token.group("number") != null) {
      return "nu";
    }
    String word = token.group("word");
    if (KEYWORDS.contains(word)) {
      return "kw";
    }
    boolean type =
        Character.isUpperCase(word.charAt(0)) && !word.equals(word.toUpperCase(Locale.ROOT));
    return type ? "ty" : "";
  }
}
