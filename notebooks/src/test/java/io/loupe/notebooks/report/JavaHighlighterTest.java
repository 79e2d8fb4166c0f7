package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.Test;

class JavaHighlighterTest {
  @Test
  void marksTheWordsOfJava() {
    assertThat(JavaHighlighter.toHtml("@A var x = List.of(1.5e-3, \"a\\\"b\", 'c'); // var <end>"))
        .isEqualTo(
            "<span class=\"an\">@A</span> <span class=\"kw\">var</span> x ="
                + " <span class=\"ty\">List</span>.of(<span class=\"nu\">1.5e-3</span>,"
                + " <span class=\"st\">&quot;a\\&quot;b&quot;</span>,"
                + " <span class=\"st\">'c'</span>);"
                + " <span class=\"co\">// var &lt;end&gt;</span>");
  }

  @Test
  void textBlocksAndCommentsGoOverLines() {
    assertThat(JavaHighlighter.toHtml("\"\"\"\n  var \"x\" // no\n  \"\"\""))
        .startsWith("<span class=\"st\">")
        .doesNotContain("kw", "co");
    assertThat(JavaHighlighter.toHtml("/* var\n x */ var")).containsOnlyOnce("kw");
  }

  @Test
  void constantsAreNotTypes() {
    assertThat(JavaHighlighter.toHtml("RESID_POST.at(2)"))
        .isEqualTo("RESID_POST.at(<span class=\"nu\">2</span>)");
  }

  @Test
  void withoutItsTagsItIsTheCodeWhateverItHolds() throws Exception {
    Path source = Path.of("src/main/java/io/loupe/notebooks/report/JavaHighlighter.java");
    String code = Files.readString(source, StandardCharsets.UTF_8);
    for (String text :
        new String[] {
          code, "\"open", "'", "/* open", "\"\"\"open", "\\", "\"" + "a\\n".repeat(20_000)
        }) {
      assertThat(
              Jsoup.parseBodyFragment("<pre>x" + JavaHighlighter.toHtml(text) + "</pre>")
                  .body()
                  .wholeText())
          .isEqualTo("x" + text);
    }
  }
}
